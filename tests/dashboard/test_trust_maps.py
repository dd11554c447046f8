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
from tests.dashboard.test_trust_parts import CHECK, drawn, home, keep, words

__all__ = ["home"]
OTHER = {**CHECK, "method": "layercam", "title": "LayerCAM"}


def asked_for(home):
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
        mean_saliency.show(runs.get(wired.db, 1), cases, said="these", split=split, finding=finding)

    app = AppTest.from_function(script, args=(split, finding), default_timeout=60).run()
    assert not app.exception, [one.message for one in app.exception]
    return app


def told(asked, slices=False):
    """What stands beside a case whose viewer holds those questions, as (run, method), of two pictures or slices."""

    def script(asked, slices):
        from core.services.annotation import annotations
        from core.services.training import runs
        from dashboard.context import app_context
        from dashboard.parts.case import pane_layout, saliency_status
        from dashboard.parts.case.saliency_request import Question
        from dashboard.parts.case.viewer import ViewerLayout

        run = runs.get(app_context().db, 1)
        pictures = [one.image_ids[0] for one in annotations.queue(app_context().db, task_id=run.task_id)[:2]]
        beside, stack = ([], pictures) if slices else (pictures[1:], pictures[:1])
        layout = pane_layout.laid([pictures[0], *beside], len(asked))
        questions = tuple(Question(*one) for one in asked)
        saliency_status.show(run, ViewerLayout(tuple(stack), tuple(beside), questions, (), layout))

    app = AppTest.from_function(script, args=(asked, slices), default_timeout=60).run()
    assert not app.exception, [one.message for one in app.exception]
    return app


@pytest.fixture
def links(monkeypatch):
    """Where links lead: a part alone has no other pages."""
    found = []
    monkeypatch.setattr("streamlit.page_link", lambda page, *, label, icon, query_params: found.append(query_params))
    return found


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
    keep(home, "check", open_)
    app = drawn("trust_banner")
    assert [one.value for one in app.warning] == [
        "Grad-CAM maps were checked on 24 test cases. They did not pass: It stays open."
    ]
    assert "and passed" not in words(app)


def test_another_method_is_checked_by_itself(home):
    keep(home, "check", CHECK)
    app = drawn("trust_banner")
    app.selectbox[0].set_value("layercam").run()
    assert "LayerCAM maps were not checked yet" in words(app)
    assert "passed" not in words(app)
    next(one for one in app.button if one.label == "Check the LayerCAM maps").click().run()
    assert asked_for(home) == [{"method": "layercam"}]
    app.selectbox[0].set_value("gradcam").run()
    assert "Grad-CAM maps were checked on 24 test cases and passed" in words(app)


def test_every_map_that_is_shown_has_its_badge_and_the_check_of_its_own_run_and_method(two, links):
    keep(two, "check", CHECK)
    app = told([(1, "gradcam"), (2, "layercam")])
    titles = [one.value for one in app.markdown if "badge" not in one.value]
    assert [one.partition("\\:")[0] for one in titles] == [*["Run 1 · Grad-CAM"] * 2, *["Run 2 · LayerCAM"] * 2]
    assert sum("badge" in one.value for one in app.markdown) == 4
    assert "Grad-CAM maps of run 1 were checked on 24 test cases and passed" in words(app)
    assert "LayerCAM maps of run 2 were not checked yet" in words(app)
    assert links == [{"run": "2", "section": "maps"}]


def test_the_banner_of_another_run_stands_beside_its_map(two):
    keep(two, "check", {**CHECK, "banner": "Do not read them."})
    with two.db.transaction() as session:
        session.scalars(select(Analysis)).one().run_id = 2
    app = told([(2, "gradcam")])  # of this run no map was chosen
    assert [one.value for one in app.error] == ["Grad-CAM maps of run 2: Do not read them."]
    assert sum("badge" in one.value for one in app.markdown) == 2


def test_every_slice_has_its_badge_once_they_are_asked_for(two, links):
    app = told([(1, "gradcam")], slices=True)
    assert sum("badge" in one.value for one in app.markdown) == 1  # of the slice that it opens with
    app.toggle(key="case_slices").set_value(True).run()
    assert not app.exception
    table = app.dataframe[0].value
    assert table["slice"].tolist() == [1, 2]
    assert all(table["badge"])
    assert set(table["map"]) == {"Grad-CAM"}


def test_only_maps_in_panes_that_are_shown_are_told_of():
    from dashboard.parts.case.pane_layout import laid
    from dashboard.parts.case.saliency_request import Question
    from dashboard.parts.case.viewer import ViewerLayout

    asked, further = tuple(Question(run, "gradcam") for run in (1, 2, 3)), (Question(4, "gradcam"),)
    beside = ViewerLayout((7,), (8,), asked, further, laid([7, 8], 3, 1, plain=True))
    assert beside.shown() == {asked[0]: [7, 8]}  # four panes, of which two are without a map
    alone = ViewerLayout((7,), (), asked, further, laid([7], 3, 1))
    assert alone.shown() == {one: [7] for one in asked}


def test_a_banner_of_one_method_stands_when_another_method_was_checked_since(home):
    keep(home, "check", {**CHECK, "banner": "Do not read them."})
    keep(home, "check", OTHER)

    def script():
        from core.services.training import runs
        from dashboard.context import app_context
        from dashboard.parts.review import saliency_check

        saliency_check.over(runs.get(app_context().db, 1))

    app = AppTest.from_function(script, default_timeout=60).run()
    assert [one.value for one in app.error] == ["Grad-CAM maps: Do not read them."]


def test_maps_of_the_split_that_is_looked_at_are_made_whatever_was_made_before(home):
    keep(home, "maps", {"split": "test"}, settings={"split": "test"})
    app = mean_map("val")
    app.button[0].click().run()
    assert asked_for(home) == [{"split": "val", "method": "gradcam", "class": -1, "layer": ""}]
    done(home, job_queue.jobs_of_run(home.db, 1)[0].id)
    app = mean_map("val")
    assert "Grad-CAM, of each the class that the model gives most to: mean over these." in words(app)
    assert not app.button
    app = mean_map("train")
    assert [one.label for one in app.button] == ["Make the maps of this split"]


def test_the_mean_map_of_a_finding_is_of_that_finding(home):
    app = mean_map("val", 1)
    app.button[0].click().run()
    assert asked_for(home)[0]["class"] == 1
    done(home, job_queue.jobs_of_run(home.db, 1)[0].id)
    assert f"Grad-CAM, {runs.get(home.db, 1).titles[1]}: mean over these" in words(mean_map("val", 1))
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
