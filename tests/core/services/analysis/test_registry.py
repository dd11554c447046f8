"""Examinations as jobs: queued once, done by the worker, kept as rows; features and neighbours on a small run."""

import numpy as np
import pytest

from core.errors import InvalidInput, NotFound
from core.jobs import job_queue
from core.services.analysis import features, registry
from core.services.annotation import annotations, reader_disagreement, relabel, tasks
from core.services.saliency import mean_map
from core.services.training import runs
from core.worker import attempt as job_attempt
from core.worker import runner
from db.tables import Checkpoint
from db.vocabulary import Answer, CheckpointKind, JobState
from tests.core.conftest import Asleep, done


def submit_analysis(home, what, *, key="k", **more):
    return registry.submit(home.db, Asleep(), run_id=1, what=what, by="tester", key=key, parameters=more).job


def examined(home, what, **more):
    done(home, submit_analysis(home, what, key=f"{what}{more}", **more))
    return registry.newest(home.db, 1, what)


def failed(home, what, **more):
    job = submit_analysis(home, what, key=f"{what}{more}", **more)
    state = runner.run_job(home.db, home.settings, job, attempt=job_queue.claim(home.db, job), device="cpu")
    assert state is JobState.FAILED
    return job_queue.get(home.db, job).error


@pytest.fixture
def read(trained):
    examined(trained, "features")
    return trained


def test_asking_twice_with_one_key_is_one_job(trained):
    assert submit_analysis(trained, "features") == submit_analysis(trained, "features")
    assert registry.latest_job(trained.db, 1, "features").state is JobState.QUEUED
    assert registry.newest(trained.db, 1, "features") is None


def test_what_cannot_be_examined_is_a_sentence(trained):
    with pytest.raises(InvalidInput, match="no analysis 'dreams'; choose one of check, features"):
        submit_analysis(trained, "dreams")
    with pytest.raises(NotFound, match="no run 9"):
        registry.submit(trained.db, Asleep(), run_id=9, what="features", by="t", key="k")


def test_features_are_what_the_last_layer_reads(read):
    import torch

    from core.inference import load
    from core.services.datasets import training_examples

    result = features.load_features(read.db, read.settings, 1)
    model, every = load(runs.folder(read.settings, 1)), training_examples.examples_of(read.db, read.settings, 1)
    assert result.cases.tolist() == sorted(int(one.key) for one in every)
    item = every[3]
    with torch.no_grad():
        images = model.input_of(item)
        vector = model.module.features(images).mean((2, 3))[0].numpy()
    expected = vector / np.linalg.norm(vector)
    row = result.cases.tolist().index(int(item.key))
    np.testing.assert_allclose(result.values[row], expected, atol=1e-5)


def test_neighbours_are_training_cases_of_others_by_cosine(read):
    from core.services.datasets import training_examples

    every = {int(one.key): one for one in training_examples.examples_of(read.db, read.settings, 1)}
    result = features.load_features(read.db, read.settings, 1)
    case = next(key for key, one in every.items() if one.split == "test")
    near = registry.neighbours(read.db, read.settings, 1, case, 5)
    values = dict(zip(result.cases.tolist(), result.values, strict=True))
    expected = sorted(
        (key for key, one in every.items() if one.split == "train" and one.patient != every[case].patient),
        key=lambda key: -float(values[key] @ values[case]),
    )[:5]
    assert [one.case_id for one in near] == expected
    assert all(one.patient == every[one.case_id].patient for one in near)
    assert [one.label for one in near] == [every[one.case_id].label for one in near]
    assert [one.label_text for one in near] == [runs.get(read.db, 1).titles[one.label] for one in near]


def test_a_training_case_is_not_near_its_own_patient(read):
    from core.services.datasets import training_examples

    every = {int(one.key): one for one in training_examples.examples_of(read.db, read.settings, 1)}
    case = next(key for key, one in every.items() if one.split == "train")
    near = registry.neighbours(read.db, read.settings, 1, case, 100)
    assert every[case].patient not in {one.patient for one in near}
    assert len(near) == sum(one.split == "train" for one in every.values()) - 2


def test_before_there_are_features_a_sentence_says_how_to_make_them(trained):
    with pytest.raises(
        NotFound, match="has no features yet; compute them with `rounds analyze --run 1 --kind features`"
    ):
        registry.neighbours(trained.db, trained.settings, 1, 1)


def test_features_of_other_weights_are_none(read):
    with read.db.transaction() as session:
        session.get_one(Checkpoint, (1, CheckpointKind.BEST)).sha256 = "0" * 64
    assert features.load_features(read.db, read.settings, 1) is None
    assert registry.newest(read.db, 1, "features").stale


def test_damaged_features_are_a_sentence(read):
    from core.errors import UserError

    place = next(runs.folder(read.settings, 1).glob("features-*.npz"))
    place.write_bytes(place.read_bytes()[:200])
    with pytest.raises(UserError, match="features of run 1 are damaged; compute them again"):
        features.load_features(read.db, read.settings, 1)


def test_a_check_of_a_model_that_knows_nothing_has_the_banner_or_says_what_it_saw(trained):
    result = examined(trained, "check", again=5, cases=6)
    assert result.result["weights"]["again"] == 5
    assert result.result["split"] == "test"
    assert len(result.result["answers"]["draws"]) in (0, 19)
    for part in ("weights", "answers", "classes", "taken", "where", "marks", "hits"):
        assert result.result[part]["words"].endswith(".")


def test_settings_that_cannot_be_are_a_sentence(trained):
    assert failed(trained, "check", again=1) == "The setting 'again' is '1'; give a whole number from 5 to 50."
    assert failed(trained, "check", method="tea leaves").startswith(
        "The setting 'method' is 'tea leaves'; choose one of gradcam"
    )
    assert failed(trained, "suspects", recipe="grandmother's").startswith("The setting 'recipe' is")


def test_too_few_patients_are_a_sentence(trained):
    assert failed(trained, "probe").endswith("6 patients; the probe needs at least ten.")
    assert "too few for 5 folds by patient" in failed(trained, "suspects")


def test_suspects_of_a_small_set(trained):
    result = examined(trained, "suspects", folds=2).result
    assert result["training"] == 8
    assert (
        result["recipe"]
        == "The run's own recipe was trained on 1 of 2 folds in turn, repeated 5 times on different folds."
    )
    assert len(result["suspects"]) == 8
    wrong = [one["wrong"] for one in result["suspects"]]
    assert wrong == sorted(wrong, reverse=True)
    assert result["expected"] == pytest.approx(sum(wrong))
    assert all({one["given"], one["likely"]} == {"a", "b"} for one in result["suspects"])
    assert not list(runs.folder(trained.settings, 1).glob("folds-*"))


def test_a_wished_end_stops_it_and_a_resume_goes_on(trained, monkeypatch):
    from core.services.analysis import out_of_fold

    job, real = submit_analysis(trained, "suspects", folds=2, times=1), out_of_fold._predict_fold
    attempt, made = job_queue.claim(trained.db, job), []

    def fold(*args):
        made.append(args[-1])
        if len(made) == 2:
            job_queue.cancel(trained.db, job)
        return real(*args)

    monkeypatch.setattr(out_of_fold, "_predict_fold", fold)
    monkeypatch.setattr(job_attempt, "REPORT_INTERVAL_S", 0.0)
    assert runner.run_job(trained.db, trained.settings, job, attempt=attempt, device="cpu") is JobState.CANCELLED
    assert registry.newest(trained.db, 1, "suspects") is None
    job_queue.requeue(trained.db, job)
    done(trained, job)
    assert made == [(0, 2), (1, 2), (1, 2)]  # the first fold was kept
    assert registry.newest(trained.db, 1, "suspects").result["training"] == 8


def test_readers_who_differ_are_named_and_what_was_taken_back_is_not(filled):
    task = tasks.task_named(filled.db, "kind")
    first, second, third = annotations.queue(filled.db, task_id=task.id)[:3]

    def says(case, position, by, key):
        annotations.label(filled.db, case_id=case.id, answer=Answer.LABEL, label=position, by=by, key=key)

    other = 1 - first.label
    says(first, other, "ann", "1")
    says(first, first.label, "bob", "2")
    says(second, second.label, "ann", "3")
    says(third, 1 - third.label, "ann", "4")
    annotations.undo(filled.db, case_id=third.id, by="ann", key="5")
    result = reader_disagreement.disagreements(filled.db, [first.id, second.id, third.id])
    names = [one.title for one in task.classes]
    assert result == {first.id: {"tester": names[first.label], "ann": names[other], "bob": names[first.label]}}
    says(first, first.label, "ann", "6")  # she thought better of it
    assert reader_disagreement.disagreements(filled.db, [first.id]) == {}


def test_sent_back_cases_wait_in_the_queue_and_an_undo_brings_them_back(filled):
    task = tasks.task_named(filled.db, "kind")
    case = annotations.queue(filled.db, task_id=task.id)[0]
    assert relabel.send_back(filled.db, [case.id, case.id], why="a lead hides it ", by="ann", key="x") == 1
    assert relabel.send_back(filled.db, [case.id], why="a lead hides it", by="ann", key="x") == 0
    assert annotations.history(filled.db, case.id)[-1].text == "withdrawn: a lead hides it"
    assert [one.id for one in annotations.queue(filled.db, task_id=task.id, only="unlabelled")] == [case.id]
    annotations.undo(filled.db, case_id=case.id, by="ann", key="y")
    assert annotations.case(filled.db, case.id).label == case.label
    with pytest.raises(NotFound):
        relabel.send_back(filled.db, [999], why="a lead", by="ann", key="z")


def test_a_case_is_sent_back_with_a_reason_or_not_at_all(filled):
    case = annotations.queue(filled.db, task_id=tasks.task_named(filled.db, "kind").id)[0]
    for why, result in {" ": "needs a reason; write why", "a\x07": "control character"}.items():
        with pytest.raises(InvalidInput, match=result):
            relabel.send_back(filled.db, [case.id], why=why, by="ann", key="x")
    assert annotations.case(filled.db, case.id).label == case.label


def test_a_mean_map_is_the_mean_of_those_that_are_filed(trained):
    from PIL import Image

    from core.services.datasets import training_examples
    from core.services.saliency import maps

    test = [int(one.key) for one in training_examples.examples_of(trained.db, trained.settings, 1, split="test")]
    none = mean_map.mean_map(trained.db, trained.settings, 1, test)
    assert none == mean_map.MeanMap((), (), len(test), "gradcam", "")
    first = annotations.case(trained.db, test[0]).image_ids[0]
    made = maps.explain(trained.db, trained.settings, run_id=1, image_id=first)
    result = mean_map.mean_map(trained.db, trained.settings, 1, test)
    assert (result.cases, result.of) == ((test[0],), len(test))
    whole = np.asarray(Image.open(made.path), dtype=float) / 255
    assert np.mean(result.values) == pytest.approx(whole.mean(), abs=0.01)


def test_a_mean_map_is_of_the_class_that_is_asked_for(trained):
    from core.services.datasets import training_examples
    from core.services.saliency import maps

    test = [int(one.key) for one in training_examples.examples_of(trained.db, trained.settings, 1, split="test")]
    image = annotations.case(trained.db, test[1]).image_ids[0]
    maps.explain(trained.db, trained.settings, run_id=1, image_id=image, class_index=1)
    assert not mean_map.mean_map(trained.db, trained.settings, 1, test).values
    result = mean_map.mean_map(trained.db, trained.settings, 1, test, class_index=1)
    assert (result.cases, result.class_name) == ((test[1],), runs.get(trained.db, 1).titles[1])


def test_each_method_has_its_own_newest_check(trained):
    from core.services.analysis import saliency_check
    from db.tables import Analysis

    with trained.db.transaction() as session:
        best = session.get_one(Checkpoint, (1, CheckpointKind.BEST)).sha256
        for method, sha256, number in (
            ("gradcam", best, 1),
            ("layercam", best, 2),
            ("gradcam", best, 3),
            ("hirescam", "0" * 64, 4),
        ):
            session.add(
                Analysis(run_id=1, kind="check", checkpoint_sha256=sha256, result={"method": method, "cases": number})
            )
    result = saliency_check.by_method(trained.db, 1)
    assert {name: one.result["cases"] for name, one in result.items()} == {"gradcam": 3, "layercam": 2, "hirescam": 4}
    assert [name for name, one in result.items() if one.stale] == ["hirescam"]
    assert registry.newest(trained.db, 1, "check").result["cases"] == 4


@pytest.mark.parametrize(
    ("part", "changed"),
    [
        ("weights", {"depends": None}),
        ("weights", {"depends": False}),
        ("answers", {"knows": None}),
        ("classes", {"similarity": {"value": 0.95}}),
    ],
)
def test_what_stays_open_has_not_passed(part, changed):
    from core.services.analysis import saliency_check

    result = {
        "banner": "",
        "weights": {"depends": True, "words": "weights."},
        "answers": {"knows": True, "words": "answers."},
        "classes": {"similarity": {"value": 0.1}, "words": "classes."},
    }
    assert saliency_check.verdict(result).passed is True
    assert saliency_check.verdict({**result, part: {**result[part], **changed}}) == saliency_check.CheckVerdict(
        None, f"{part}."
    )
    assert saliency_check.verdict({**result, "banner": "No."}) == saliency_check.CheckVerdict(False, "No.")
