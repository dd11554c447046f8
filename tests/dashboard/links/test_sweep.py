"""Every page × every parameter of its URL × every kind of bad value: a sentence, never another object."""

from dataclasses import fields
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import select

from core.services.evaluation import operating_points, review_point
from core.services.evaluation.comparison_data import CHANGES, NUMBER_CHANGES
from core.services.predictions import predictions
from dashboard import context, reader
from dashboard.links import choices, resolver
from dashboard.parts.label import labeller
from dashboard.parts.review import run_picker
from dashboard.url_state import ListState
from db.tables import Image
from tests.core.conftest import make
from tests.core.services.predicted import another, draw
from tests.dashboard.test_pages import opened

BAD = {
    "unknown": "999999",
    "of another type": "abc",
    "huge": str(10**30),
    "negative": "-7",
    "empty": "",
    "repeated": ["1", "2"],
}
SWEEP = [(page, field) for page, state in resolver.STATES.items() for field in fields(state)]
IDS = [f"{page}-{field.name}" for page, field in SWEEP]
ON_PAGE = {
    "import": ("draft",),
    "images": ("note", "answer", "task", "imported", "after"),
}
"""Parts that the page itself compares with what there is, and names as gone: Images then shows its list."""
LINEAR = {"slope": 1, "intercept": 0, "low": 0, "high": 255, "window_center": 128, "window_width": 255}
VALID = {
    "images": "image=1&after=3&facts=site%3Dnorth&ranges=age%3D60..&task=1&answer=ill&excluded=1&kind=series",
    "label": "task=2&only=all",
    "datasets": "task=2&snapshot=2&column=patient&val=20&test=0&strata=site&balance=weights&seed=3",
    "train": "snapshot=2",
    "runs": "run=2",
    "review": "run=2&split=val&truth=1&called=0&at=0.4&span=0.2:0.4&group=site%3Dnorth&level=max&scale=isotonic"
    "&section=curves&prevalence=0.1&positive=-1&finding=0",
    "compare": "run=2&other=1&split=val&change=broken",
    "case": "run=2&split=val&truth=1&case={case}&called=1&method=gradcam&shown=1&beside=1&others=1",
}
"""Links that open: each part that this home can have."""


@pytest.fixture(scope="module")
def app_home(tmp_path_factory):
    """Two tasks with a dataset each, and three runs that predicted: there is always another object to fall back to."""
    made = make(tmp_path_factory.mktemp("links") / "home")
    drawn = draw(made.db, patients=12)
    another(made.db, drawn, seed=5)
    draw(made.db, patients=6, name="two")
    with made.db.transaction() as session:
        for image in session.scalars(select(Image)):
            image.format = {**image.format, "photometric": "MONOCHROME2", **LINEAR}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROUNDS_HOME", str(made.settings.home))
        patch.setattr(reader, "session_id", lambda: "a browser")  # AppTest has no cookies
        yield made
        context.app_context().db.close()
    context.build_context.cache_clear()
    made.db.close()


def problems(page: str, query: dict) -> list[str]:
    values = {name: value if isinstance(value, list) else [value] for name, value in query.items()}
    return [problem.sentence for problem in resolver.problems(context.app_context(), page, values)]


def about(page: str, name: str, value: object) -> dict:
    """A link with the bad part, about a run that there is."""
    needs_run = issubclass(resolver.STATES[page], ListState) and name != "run"
    return ({"run": "1"} if needs_run else {}) | {name: value}


@pytest.mark.parametrize(("page", "field"), SWEEP, ids=IDS)
def test_a_part_that_cannot_be_opened_is_one_sentence(app_home, page, field):
    for bad, value in BAD.items():
        sentences = problems(page, about(page, field.name, value))
        if value == "" == field.default or (bad != "repeated" and field.name in ON_PAGE.get(page, ())):
            continue  # no text is the default; or the page says it
        assert len(sentences) == 1, (bad, sentences)


@pytest.mark.parametrize("page", VALID)
def test_a_link_to_what_there_is_opens(app_home, page):
    case = next(row.case_id for row in rows(app_home) if row.split == "val")
    assert not problems(page, dict(parse_qsl(VALID[page].format(case=case))))


def rows(home):
    return predictions.list_predictions(home.db, 2)


@pytest.mark.parametrize(("page", "field"), SWEEP, ids=IDS)
def test_the_page_says_what_is_gone_and_draws_nothing_else(app_home, page, field):
    value = "999999" if isinstance(field.default, int | float) else "abc"
    query = about(page, field.name, value)
    app = opened(page, **query)
    sentences = [one.value for one in (*app.warning, *app.info)]
    assert not app.error
    assert any(value in sentence or "This import was removed" in sentence for sentence in sentences)
    if field.name not in ON_PAGE.get(page, ()):
        assert len(sentences) == 1
        assert dict(app.query_params) == query  # not rewritten to another object
        assert not [*app.main.selectbox, *app.main.segmented_control, *app.main.button, *app.main.dataframe]
    assert not any(operating_points.count_test_views(app_home.db, run) for run in (1, 2, 3))


def test_the_short_lists_are_those_of_the_pages():
    assert set(choices.SPLITS) == set(run_picker.SPLITS)
    assert tuple(labeller.ONLY) == choices.ONLY
    assert tuple(review_point.LEVELS) == choices.LEVELS
    assert tuple(review_point.SCALES) == choices.SCALES
    assert tuple(CHANGES | NUMBER_CHANGES) == choices.CHANGES
