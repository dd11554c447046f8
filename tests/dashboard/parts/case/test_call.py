"""The Case page says the call that the list counted: score against the saved threshold, and the outcome."""

import pytest

from core.services.evaluation import operating_points, test_set_views
from core.services.evaluation.case_call import call_of_case
from core.services.evaluation.review_cases import selected_rows
from core.services.evaluation.review_data import review_data
from core.services.evaluation.review_point import class_in_question
from core.services.training import runs
from core.settings import default_reader
from dashboard.parts.case import saliency_controls
from dashboard.result_cache import review_source
from dashboard.url_state import CaseState, ReviewState
from db.vocabulary import TaskKind
from tests.core.services.predicted import another, draw
from tests.dashboard.test_pages import home, on_test, opened, text_of
from tests.dashboard.test_review_page import db, empty

__all__ = ["db", "empty", "home"]


@pytest.mark.parametrize("split", ["val", "test"])
def test_a_false_negative_of_the_list_is_one_on_its_page(db, split):
    drawn = draw(db)
    operating_points.set_operating_point(db, drawn.run, by="ann", threshold=0.7369)
    source, run, state = review_source(), runs.get(db, drawn.run), ReviewState(run=drawn.run, split=split)
    data = review_data(source, run, state)
    missed = selected_rows(source, data, ReviewState(run=drawn.run, split=split, truth=1, called=0))[-1]
    assert data.score[missed] > 0.5  # the highest score below the threshold: the model did find something
    case = int(data.cases[missed])
    beside = another(db, drawn, seed=5)
    text = text_of(opened("case", run=str(drawn.run), split=split, truth="1", called="0", case=str(case)))
    assert f"**Called Well ({data.score[missed]:.3f} \\< 0.737)** :red-badge[false negative]" in text
    assert "Score of Ill. Operating point 0.7369, set manually." in text
    assert f"Run {beside} · Small CNN\\: Called" in text
    assert ("Dot: this case" in text) == (split == "val")  # the scores of test are closed
    operating_points.record_test_view(db, drawn.run, default_reader())
    text = text_of(opened("case", run=str(drawn.run), split=split, truth="1", called="0", case=str(case)))
    assert "Dot: this case" in text


def test_the_map_answers_the_question_that_the_point_decides(db):
    drawn = draw(db)
    run, state = runs.get(db, drawn.run), CaseState(run=drawn.run, split="val")
    data = review_data(review_source(), run, state)
    for row in range(8):
        call = call_of_case(data, int(data.cases[row]))
        (prediction,) = saliency_controls.predictions.predictions_of_cases(db, run.id, [int(data.cases[row])])
        request = saliency_controls.saliency_request(run, prediction, run, "gradcam", state)
        assert request.class_index == 1
        expected = "The map answers: why ill?" if call.called == "Ill" else "The map answers: why not ill?"
        assert saliency_controls._why(run, prediction, state, 1).lower() == expected.lower()
    operating_points.set_operating_point(db, run.id, by="ann", threshold=0.5, positive=0)
    assert class_in_question(review_source(), run, state) == 0
    several = draw(db, TaskKind.MULTI, ("a", "b"), name="several")
    about = runs.get(db, several.run)
    assert class_in_question(review_source(), about, CaseState(run=about.id, finding=1)) == 1
    many = runs.get(db, draw(db, classes=("a", "b", "c"), name="many").run)
    assert class_in_question(review_source(), many, CaseState(run=many.id)) is None


@pytest.mark.parametrize("page", ["review", "compare"])
def test_validation_comes_first_and_test_opens_by_a_button_that_says_who_looked(db, page):
    drawn = draw(db)
    other = another(db, drawn, seed=5)
    query = {"run": str(drawn.run), **({"other": str(other)} if page == "compare" else {})}
    assert opened(page, **query).query_params["split"] in (["val"], "val")
    assert test_set_views.viewers(db, drawn.run) == []
    operating_points.record_test_view(db, drawn.run, "bob")
    operating_points.set_operating_point(db, drawn.run, by="ann", threshold=0.4)
    closed = opened(page, **query)  # a point is saved: test, closed
    assert "Viewed by bob, once, last just now at 0.5." in text_of(closed)
    assert not closed.get("html") or "AUROC" not in " ".join(one.proto.body for one in closed.get("html"))
    assert [one.reader for one in test_set_views.viewers(db, drawn.run)] == ["bob"]
    shown = on_test(page, **query)
    assert "AUROC" in " ".join(one.proto.body for one in shown.get("html"))
    assert {one.reader: one.threshold for one in test_set_views.viewers(db, drawn.run)} == {
        default_reader(): 0.4,
        "bob": None,
    }
    assert "Open the test results" not in [one.label for one in opened(page, **query).button]
