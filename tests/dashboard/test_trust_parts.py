"""Check the analyses of a model on the pages: each says what is not known yet, and has one button to find out."""

import pytest
from streamlit.testing.v1 import AppTest

from core.jobs import job_queue
from core.jobs.local import LocalLauncher
from core.services.analysis import registry
from core.services.annotation import annotations
from core.services.training import runs
from dashboard import reader
from dashboard.context import app_context
from db.tables import Analysis, Checkpoint
from db.vocabulary import CheckpointKind, JobKind, TaskKind
from tests.core.conftest import copied

PARTS = {
    "review.saliency_check": "check",
    "review.shortcuts": "probe",
    "review.label_errors": "suspects",
    "case.nearest_cases": "features",
    "review.mean_saliency": "maps",
}
SPREAD = {"value": 0.1, "low": 0.0, "high": 0.2, "n": 5}
NONE = {"value": None, "low": None, "high": None, "n": 0}
CHECK = {
    "method": "gradcam",
    "title": "Grad-CAM",
    "cases": 24,
    "split": "test",
    "banner": "",
    "weights": {
        "depends": True,
        "words": "The maps change.",
        "similarity": SPREAD,
        "pairs": SPREAD,
        "cascade": [{"down_to": "head", "similarity": None}],
    },
    "answers": {"knows": True, "words": "It answers."},
    "classes": {"words": "Another class.", "similarity": NONE},
    "taken": {"words": "What is hot.", "map": {"deletion": SPREAD, "insertion": SPREAD}},
    "where": {"words": "Inside.", "outside": SPREAD},
    "hits": {"words": "No drawing."},
    "marks": {
        "words": "Markers draw heat.",
        "flagged": False,
        "classes": [{"class": 0, "with": SPREAD, "without": SPREAD}],
    },
}
FACT = {
    "fact": "mark",
    "values": {"none": 9, "seen": 3},
    "auroc": 0.9,
    "low": 0.8,
    "high": 0.95,
    "right": 0.9,
    "chance": 0.75,
    "blank": 0.6,
    "strength": 0.4,
    "p": 0.001,
    "alarm": True,
    "words": "'mark' can be told.",
}


@pytest.fixture
def home(tmp_path, monkeypatch, trained_once):
    copied(trained_once, tmp_path / "home").db.close()
    monkeypatch.setenv("ROUNDS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(reader, "session_id", lambda: "a browser")  # AppTest has no cookies
    monkeypatch.setattr(LocalLauncher, "wake", lambda self: None)
    yield app_context()
    app_context().db.close()


def drawn(part):
    """The part alone on a page."""

    def script(part):
        import importlib

        from core.services.training import runs
        from dashboard.context import app_context

        module, run = importlib.import_module(f"dashboard.parts.{part}"), runs.get(app_context().db, 1)
        more = {"case.nearest_cases": (1,), "review.mean_saliency": ([1, 2],)}.get(part, ())
        module.show(
            run, *more, **({"description": "two cases", "split": "val"} if part == "review.mean_saliency" else {})
        )

    app = AppTest.from_function(script, args=(part,), default_timeout=60).run()
    assert not app.exception, [one.message for one in app.exception]
    return app


def add_analysis(home, what, result, **more):
    with home.db.transaction() as session:
        best = session.get_one(Checkpoint, (1, CheckpointKind.BEST)).sha256
        session.add(Analysis(run_id=1, kind=what, **{"checkpoint_sha256": best, "result": result, **more}))


def text_of(app):
    kinds = (app.markdown, app.caption, app.error, app.warning)
    return "\n".join(one.value for kind in kinds for one in kind)


@pytest.mark.parametrize("part", PARTS)
def test_what_is_not_known_yet_is_a_sentence_and_one_button(home, part):
    app = drawn(part)
    assert len(app.button) == 1
    assert "not " in text_of(app)
    app.button[0].click().run()
    assert not app.exception
    (job,) = [one for one in job_queue.jobs_of_run(home.db, 1) if one.kind is JobKind.ANALYZE]
    assert job.request["what"] == PARTS[part]
    assert [one.label for one in app.button] == ["Cancel"]  # now its progress stands there
    assert registry.latest_job(home.db, 1, PARTS[part]).id == job.id


@pytest.mark.parametrize("part", PARTS)
def test_a_run_made_elsewhere_has_no_model_to_tell_of(home, part):
    from db.tables import Run

    with home.db.transaction() as session:
        session.get_one(Run, 1).external_source = {"file": "scores.csv"}
    app = drawn(part)
    assert not app.button


def test_the_banner_stands_over_maps_that_say_nothing(home):
    add_analysis(home, "check", {**CHECK, "banner": "Do not interpret the maps of this run."})
    app = drawn("review.saliency_check")
    assert [one.value for one in app.error] == ["Grad-CAM maps: Do not interpret the maps of this run."]
    assert "passed" not in text_of(app)


def test_maps_that_pass_are_told_in_a_line_with_all_numbers_behind_it(home):
    add_analysis(home, "check", CHECK)
    app = drawn("review.saliency_check")
    assert not app.error
    assert "Grad-CAM maps passed the saliency check on 24 test cases: they change" in text_of(app)
    for part in ("weights", "answers", "classes", "taken", "where", "marks", "hits"):
        assert CHECK[part]["words"] in text_of(app)
    assert "rank correlation between maps of two different cases" in app.dataframe[0].value["metric"].tolist()


def test_heat_on_markers_is_a_warning(home):
    add_analysis(home, "check", {**CHECK, "marks": {**CHECK["marks"], "flagged": True}})
    assert [one.value for one in drawn("review.saliency_check").warning] == ["Grad-CAM maps: Markers draw heat."]


def test_what_was_found_of_other_weights_is_told_as_old(home):
    add_analysis(home, "check", CHECK, checkpoint_sha256="0" * 64)
    app = drawn("review.saliency_check")
    assert "weights have changed" in text_of(app)
    assert [one.label for one in app.button] == ["Check the Grad-CAM maps"]


def test_alarms_stand_over_the_table_of_facts(home):
    calm = {**FACT, "fact": "site", "alarm": False, "auroc": None, "low": None, "high": None, "p": None}
    add_analysis(home, "probe", {"cases": 12, "patients": 6, "facts": [FACT, calm]})
    app = drawn("review.shortcuts")
    assert [one.value for one in app.warning] == ["'mark' can be told."]
    assert app.dataframe[0].value["metadata"].tolist() == ["mark", "site"]
    assert "nan" not in text_of(app).lower()
    assert "Not tested" not in text_of(app)  # an older result does not say what was left out


def test_what_the_probe_left_out_is_told_with_its_reason(home):
    add_analysis(
        home,
        "probe",
        {
            "cases": 12,
            "patients": 6,
            "facts": [],
            "left_out": {"image_size": "every case has the same (64×48)", "row": "it has 180 values, more than 20"},
        },
    )
    text = text_of(drawn("review.shortcuts")).replace("\\", "")
    assert "Not tested: image size: every case has the same (64×48); row: it has 180 values, more than 20." in text
    assert "No metadata divides these cases into groups, so none was tested." in text


def test_suspects_can_be_sent_back_to_be_labelled(home):
    case = annotations.queue(home.db, task_id=runs.get(home.db, 1).task_id)[0]
    row = {
        "case": case.id,
        "image": case.image_ids[0],
        "patient": "p",
        "wrong": 0.9,
        "probability": 0.1,
        "given": "a",
        "by_picture": True,
        "likely": "b",
        "finding": None,
        "readers_differ": True,
    }
    same = {"cases": [1, 2], "patients": ["p", "q"], "splits": ["train", "test"], "alike": 0.99}
    add_analysis(
        home,
        "suspects",
        {
            "training": 8,
            "folds": 2,
            "recipe": "Own.",
            "suspects": [row],
            "called_wrong": 1,
            "expected": 0.9,
            "readers_differ": [{"case": 1, "image": 1, "said": {"ann": "a", "bob": "b"}}],
            "same_pictures": [same],
        },
    )
    app = drawn("review.label_errors")
    assert "Same image under two patients: 1 pair" in text_of(app)
    assert "Readers disagree on 1 case" in text_of(app)
    assert any("About 1 of 8 labels are wrong" in one.value for one in app.caption)
    assert [one.disabled for one in app.button if one.key == "trust_send"] == [True]


def test_of_numbers_no_share_is_called_wrong_and_no_source_is_named_that_knows_classes_alone():
    from types import SimpleNamespace

    from dashboard.parts.review import label_errors

    summary = label_errors._summary(SimpleNamespace(kind=TaskKind.NUMBER), {"training": 9, "called_wrong": 2})
    assert summary.startswith("2 of 9 values differ")
    assert "Northcutt" not in summary


def test_a_badge_tells_what_speaks_against_a_map(home):
    from core.services.saliency import map_warnings, maps

    case = annotations.queue(home.db, task_id=runs.get(home.db, 1).task_id)[0]
    image = case.image_ids[0]
    made = maps.explain(home.db, home.settings, run_id=1, image_id=image)
    warnings = map_warnings.map_warnings(home.db, home.settings, image, made)
    assert warnings.outside is None  # an even grey picture has no surround
    assert all(one.startswith(("empty", "low contrast")) for one in warnings.warnings)


def test_cases_are_sent_with_their_reason(home):
    case = annotations.queue(home.db, task_id=runs.get(home.db, 1).task_id)[0]

    def script(case):
        from core.services.training import runs
        from dashboard.context import app_context
        from dashboard.parts.review import label_errors

        label_errors._send(runs.get(app_context().db, 1), [case])

    app = AppTest.from_function(script, args=(case.id,), default_timeout=60).run()
    assert app.button(key="trust_send").disabled
    app = app.text_input(key="trust_why").input("a lead hides it").run()
    app.button(key="trust_send").click().run()
    assert not app.error
    assert annotations.history(home.db, case.id)[-1].text == "withdrawn: a lead hides it"
