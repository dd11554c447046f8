"""What stands beside maps: the check of their own method, a badge for each that is shown, the mean map of a split."""

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from core.jobs import job_queue
from core.services.annotation import annotations
from core.services.saliency import maps
from core.services.training import runs
from db.tables import Analysis, Checkpoint, Run
from db.vocabulary import CheckpointKind, JobKind
from tests.core.conftest import done
from tests.dashboard.test_trust_parts import CHECK, add_analysis, drawn, home, text_of

__all__ = ["home"]
OTHER = {**CHECK, "method": "layercam", "title": "LayerCAM"}


def requests_of_jobs(home):
    """What the jobs that examine run 1 were asked, the newest first."""
    return [one.request["asked"] for one in job_queue.jobs_of_run(home.db, 1) if one.kind is JobKind.ANALYZE]


def mean_map(split, finding=None):
    """The part alone, for the cases that split holds."""

    def script(split, finding):
        from core.services.datasets import training_examples
        from core.services.training import runs
        from dashboard.context import app_context
        from dashboard.parts.review import mean_saliency

        wired = app_context()
        cases = [int(one.key) for one in training_examples.examples_of(wired.db, wired.settings, 1, split=split)]
        mean_saliency.show(runs.get(wired.db, 1), cases, description="these", split=split, finding=finding)

    app = AppTest.from_function(script, args=(split, finding), default_timeout=60).run()
    assert not app.exception, [one.message for one in app.exception]
    return app


def status_of(requests, slices=False):
    """What stands beside a case whose viewer holds those questions, as (run, method), of two pictures or slices."""

    def script(requests, slices):
        from core.services.annotation import annotations
        from core.services.training import runs
        from dashboard.context import app_context
        from dashboard.parts.case import pane_layout, saliency_status
        from dashboard.parts.case.saliency_request import SaliencyRequest
        from dashboard.parts.case.viewer import ViewerLayout

        run = runs.get(app_context().db, 1)
        pictures = [one.image_ids[0] for one in annotations.queue(app_context().db, task_id=run.task_id)[:2]]
        beside, stack = ([], pictures) if slices else (pictures[1:], pictures[:1])
        layout = pane_layout.arrange([pictures[0], *beside], len(requests))
        questions = tuple(SaliencyRequest(*one) for one in requests)
        saliency_status.show(run, ViewerLayout(tuple(stack), tuple(beside), questions, (), layout))

    app = AppTest.from_function(script, args=(requests, slices), default_timeout=60).run()
    assert not app.exception, [one.message for one in app.exception]
    return app


@pytest.fixture
def links(monkeypatch):
    """Where links lead: a part alone has no other pages."""
    queries = []
    monkeypatch.setattr("streamlit.page_link", lambda page, *, label, icon, query_params: queries.append(query_params))
    return queries


@pytest.fixture
def two(home):
    """A second run of the same weights, and the maps of two pictures by Grad-CAM and LayerCAM."""
    with home.db.transaction() as session:
        first = session.get_one(Run, 1)
        more = Run(
            snapshot_id=first.snapshot_id,
            reader_id=first.reader_id,
            spec=first.spec,
            result=first.result,
            request_key="second",
        )
        session.add(more)
        session.flush()
        best = session.get_one(Checkpoint, (1, CheckpointKind.BEST))
        session.add(Checkpoint(run_id=more.id, kind=CheckpointKind.BEST, epoch=best.epoch, sha256=best.sha256))
    for case in annotations.queue(home.db, task_id=runs.get(home.db, 1).task_id)[:2]:
        for method in ("gradcam", "layercam"):
            maps.explain(home.db, home.settings, run_id=1, image_id=case.image_ids[0], method=method)
    return home


def test_a_check_that_stays_open_is_told_and_is_no_pass(home):
    open_ = {**CHECK, "weights": {**CHECK["weights"], "depends": None, "words": "It stays open."}}
    add_analysis(home, "check", open_)
    app = drawn("review.saliency_check")
    assert [one.value for one in app.warning] == [
        "Grad-CAM maps did not pass the saliency check on 24 test cases: It stays open."
    ]
    assert "passed" not in text_of(app)


def test_another_method_is_checked_by_itself(home):
    add_analysis(home, "check", CHECK)
    app = drawn("review.saliency_check")
    app.selectbox[0].set_value("layercam").run()
    assert "LayerCAM maps have not been checked" in text_of(app)
    assert "passed" not in text_of(app)
    next(one for one in app.button if one.label == "Check the LayerCAM maps").click().run()
    assert requests_of_jobs(home) == [{"method": "layercam"}]
    app.selectbox[0].set_value("gradcam").run()
    assert "Grad-CAM maps passed the saliency check on 24 test cases" in text_of(app)


def test_every_map_that_is_shown_has_its_badge_and_the_check_of_its_own_run_and_method(two, links):
    add_analysis(two, "check", CHECK)
    app = status_of([(1, "gradcam"), (2, "layercam")])
    titles = [one.value for one in app.markdown if "badge" not in one.value]
    assert [one.partition("\\:")[0] for one in titles] == [*["Run 1 · Grad-CAM"] * 2, *["Run 2 · LayerCAM"] * 2]
    assert sum("badge" in one.value for one in app.markdown) == 4
    assert "Grad-CAM maps of run 1 passed the saliency check on 24 test cases" in text_of(app)
    assert "LayerCAM maps of run 2 have not been checked" in text_of(app)
    assert links == [{"run": "2", "split": "val", "section": "maps"}]


def test_the_banner_of_another_run_stands_beside_its_map(two):
    add_analysis(two, "check", {**CHECK, "banner": "Do not read them."})
    with two.db.transaction() as session:
        session.scalars(select(Analysis)).one().run_id = 2
    app = status_of([(2, "gradcam")])  # of this run no map was chosen
    assert [one.value for one in app.error] == ["Grad-CAM maps of run 2: Do not read them."]
    assert sum("badge" in one.value for one in app.markdown) == 2


def test_every_slice_has_its_badge_once_they_are_asked_for(two, links):
    app = status_of([(1, "gradcam")], slices=True)
    assert sum("badge" in one.value for one in app.markdown) == 1  # of the slice that it opens with
    app.toggle(key="case_slices").set_value(True).run()
    assert not app.exception
    table = app.dataframe[0].value
    assert table["slice"].tolist() == [1, 2]
    assert all(table["warnings"])
    assert set(table["map"]) == {"Grad-CAM"}


def test_only_maps_in_panes_that_are_shown_are_told_of():
    from dashboard.parts.case.pane_layout import arrange
    from dashboard.parts.case.saliency_request import SaliencyRequest
    from dashboard.parts.case.viewer import ViewerLayout

    requests, further = tuple(SaliencyRequest(run, "gradcam") for run in (1, 2, 3)), (SaliencyRequest(4, "gradcam"),)
    beside = ViewerLayout((7,), (8,), requests, further, arrange([7, 8], 3, 1, plain=True))
    assert beside.shown() == {requests[0]: [7, 8]}  # four panes, of which two are without a map
    alone = ViewerLayout((7,), (), requests, further, arrange([7], 3, 1))
    assert alone.shown() == {one: [7] for one in requests}


def test_a_banner_of_one_method_stands_when_another_method_was_checked_since(home):
    add_analysis(home, "check", {**CHECK, "banner": "Do not read them."})
    add_analysis(home, "check", OTHER)

    def script():
        from core.services.training import runs
        from dashboard.context import app_context
        from dashboard.parts.review import saliency_check

        saliency_check.show_banners(runs.get(app_context().db, 1))

    app = AppTest.from_function(script, default_timeout=60).run()
    assert [one.value for one in app.error] == ["Grad-CAM maps: Do not read them."]


def test_maps_of_the_split_that_is_looked_at_are_made_whatever_was_made_before(home):
    add_analysis(home, "maps", {"split": "test"}, settings={"split": "test"})
    app = mean_map("val")
    app.button[0].click().run()
    assert requests_of_jobs(home) == [{"split": "val", "method": "gradcam", "class": -1, "layer": ""}]
    done(home, job_queue.jobs_of_run(home.db, 1)[0].id)
    app = mean_map("val")
    assert "Grad-CAM, predicted class of each case: mean over these." in text_of(app)
    assert not app.button
    app = mean_map("train")
    assert [one.label for one in app.button] == ["Compute maps of this split"]


def test_the_mean_map_of_a_finding_is_of_that_finding(home):
    app = mean_map("val", 1)
    app.button[0].click().run()
    assert requests_of_jobs(home)[0]["class"] == 1
    done(home, job_queue.jobs_of_run(home.db, 1)[0].id)
    assert f"Grad-CAM, {runs.get(home.db, 1).titles[1]}: mean over these" in text_of(mean_map("val", 1))
    assert mean_map("val").button  # of the most probable class there is none yet


def test_the_mean_map_has_its_table_and_tells_its_cases():
    from core.services.saliency.mean_map import MeanMap
    from dashboard.parts.review import mean_saliency
    from dashboard.parts.widgets import chart

    table = mean_saliency._cells(MeanMap(((0.1, 0.2), (0.3, 0.4)), (5, 9), 3, "gradcam", ""))
    assert chart.as_csv(table).decode().splitlines() == [
        "top,left,heat",
        "0.0,0.0,0.1",
        "0.0,0.5,0.2",
        "0.5,0.0,0.3",
        "0.5,0.5,0.4",
    ]
