"""The whole report: against scikit-learn, at the edges, and as JSON."""

import json

import numpy as np
import pytest
from sklearn import metrics as sk

from core.errors import InvalidInput
from core.evaluation.confidence_intervals import wilson
from core.evaluation.metrics import ORDER
from core.evaluation.report import report
from tests.core.evaluation.cohorts import scored
from tests.core.evaluation.independent import recomputed

CLASSES = ("normal", "pneumonia")


def binary(positive_scores, truth, patients=None, **options):
    p = np.asarray(positive_scores, dtype=float)
    owners = range(len(p)) if patients is None else patients
    return report(np.stack([1 - p, p], axis=1), truth, list(owners), CLASSES, resamples=100, **options)


def three(seed, *, n=400):
    rng = np.random.default_rng(seed)
    truth = rng.integers(3, size=n)
    p = np.exp(rng.normal(size=(n, 3)) + np.eye(3)[truth])
    return p / p.sum(axis=1, keepdims=True), truth, rng.integers(50, size=n)


def test_two_classes_agree_with_scikit_learn():
    scores, truth, owner = scored(0)
    result = binary(scores, truth.astype(int), owner, threshold=0.6)
    called = scores >= 0.6
    expected = recomputed(ORDER, truth, scores, called)
    assert {key: figure.value for key, figure in result.metrics.items()} == pytest.approx(expected, abs=1e-9)
    assert result.confusion == sk.confusion_matrix(truth, called).tolist()
    assert result.metrics["sensitivity"].n == truth.sum()
    assert result.metrics["ppv"].n == called.sum()
    assert all(result.metrics[key].ci_low < value < result.metrics[key].ci_high for key, value in expected.items())


def test_three_classes_agree_with_scikit_learn():
    p, truth, owner = three(1)
    result = report(p, truth, owner, "abc", resamples=100)
    called = p.argmax(axis=1)
    expected = {
        "auroc": sk.roc_auc_score(truth, p, multi_class="ovr", average="macro"),
        "accuracy": sk.accuracy_score(truth, called),
        "balanced_accuracy": sk.balanced_accuracy_score(truth, called),
        "sensitivity": sk.recall_score(truth, called, average="macro"),
        "ppv": sk.precision_score(truth, called, average="macro"),
        "f1": sk.f1_score(truth, called, average="macro"),
    }
    assert {key: result.metrics[key].value for key in expected} == pytest.approx(expected, abs=1e-9)
    assert result.per_class["b"]["auroc"].value == pytest.approx(sk.roc_auc_score(truth == 1, p[:, 1]), abs=1e-9)
    assert result.confusion == sk.confusion_matrix(truth, called).tolist()
    assert (result.positive, set(result.roc)) == (None, {"a", "b", "c"})


def test_an_absent_class_is_left_out_of_the_mean_and_named():
    p, truth, owner = three(2)
    result = report(p, np.minimum(truth, 1), owner, "abc", resamples=50)
    assert result.metrics["auroc"].note == "Mean of 2 of 3 classes; undefined for c."
    mean = (result.per_class["a"]["auroc"].value + result.per_class["b"]["auroc"].value) / 2
    assert result.metrics["auroc"].value == pytest.approx(mean)
    assert result.per_class["c"]["auroc"].value is None
    assert result.metrics["accuracy"].value is not None


def test_one_of_three_classes_may_be_the_positive_one():
    p, truth, owner = three(3)
    result = report(p, truth, owner, "abc", positive=2, resamples=50)
    assert result.positive == "c"
    assert result.metrics["auroc"].value == pytest.approx(sk.roc_auc_score(truth == 2, p[:, 2]), abs=1e-9)


def test_the_last_class_is_positive_unless_told():
    scores, truth, owner = scored(4)
    last, first = (binary(scores, truth.astype(int), owner, positive=positive) for positive in (None, 0))
    assert (last.positive, first.positive) == ("pneumonia", "normal")
    assert last.metrics["sensitivity"].value == pytest.approx(first.metrics["specificity"].value)


@pytest.mark.parametrize(("truth", "sentence"), [(0, "no case is pneumonia"), (1, "every case is pneumonia")])
def test_one_class_is_undefined_in_a_sentence(truth, sentence):
    auroc = binary([0.2, 0.8, 0.9], [truth] * 3).metrics["auroc"]
    assert (auroc.value, auroc.ci_low, auroc.ci_high) == (None, None, None)
    assert auroc.note == f"Undefined: {sentence}."


def test_nothing_called_positive_leaves_ppv_undefined():
    result = binary([0.1, 0.2], [0, 1]).metrics
    assert result["ppv"].note == "Undefined: no case was predicted pneumonia."
    assert result["npv"].value == 0.5


@pytest.mark.parametrize(("scores", "value"), [([0.1, 0.2, 0.8, 0.9], 1.0), ([0.8, 0.9, 0.1, 0.2], 0.0)])
def test_all_right_and_all_wrong_have_wilson_s_width_of_the_patients(scores, value):
    result = binary(scores * 2, [0, 0, 1, 1] * 2, [1, 1, 2, 2, 3, 3, 4, 4]).metrics
    for name, patients in {"auroc": 2, "accuracy": 4, "sensitivity": 2, "balanced_accuracy": 2}.items():
        assert result[name].value == value
        assert (result[name].ci_low, result[name].ci_high) == wilson(value * patients, patients)


def test_one_patient_has_values_but_no_interval_and_says_so():
    result = binary([0.1, 0.9, 0.4], [0, 1, 1], ["A"] * 3).metrics["auroc"]
    assert (result.value, result.ci_low) == (1.0, None)
    assert "single patient" in result.note


def test_alike_images_say_no_more_than_one_of_them():
    scores, truth, _ = scored(5, n=200)
    once = binary(scores, truth.astype(int)).metrics
    copies = binary(np.tile(scores, 4), np.tile(truth, 4).astype(int), np.tile(np.arange(200), 4)).metrics
    for name in ("auroc", "accuracy", "sensitivity", "average_precision"):
        assert copies[name].value == pytest.approx(once[name].value)
        assert copies[name].ci_high - copies[name].ci_low == pytest.approx(
            once[name].ci_high - once[name].ci_low, rel=0.2
        )
    assert (once["auroc"].method, once["accuracy"].method) == ("DeLong", "Wilson")
    assert {copies[name].method for name in ("auroc", "accuracy")} == {"patient-level bootstrap"}


def test_a_rare_class_says_how_many_resamples_it_rests_on():
    truth = [1, 0, 1] + [0] * 39
    result = binary(np.linspace(0.9, 0.1, 42), truth, range(42)).metrics["average_precision"]
    assert "of 100 resamples" in result.note


def test_the_seed_repeats_and_json_is_stable_without_nan():
    scores, truth, owner = scored(6)
    first, again = (binary(scores, truth.astype(int), owner, seed=3) for _ in range(2))
    assert first == again
    result = json.loads(json.dumps(first.to_json(), allow_nan=False))
    assert tuple(result["metrics"]) == ORDER
    assert set(result["metrics"]["auroc"]) == {"value", "low", "high", "n", "note", "method"}
    assert set(result["roc"]["pneumonia"]) == {"x", "y", "thresholds"}
    assert (result["images"], result["patients"], result["classes"]) == (500, 60, list(CLASSES))


@pytest.mark.parametrize("truth", [[0, 0, 0], [1, 1, 1], [0, 0, 1], [1, 0, 0]])
@pytest.mark.parametrize("patients", [[1, 1, 1], [1, 2, 2], [1, 2, 3]])
def test_the_smallest_tables_never_hold_nan(truth, patients):
    text = json.dumps(binary([0.0, 0.5, 1.0], truth, patients).to_json(), allow_nan=False)
    assert json.loads(text)["images"] == 3


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"truth": [], "patients": [], "probabilities": np.empty((0, 2))}, "No predictions to evaluate"),
        ({"patients": [1]}, "do not match"),
        ({"probabilities": [[0.5, 0.5]]}, "do not match"),
        ({"probabilities": [[0.5, float("nan")], [0.5, 0.5]]}, "not a number"),
        ({"probabilities": [[-0.5, 1.5], [0.5, 0.5]]}, "outside 0 to 1"),
        ({"truth": [0, 2]}, "labels range from 0 to 1"),
        ({"positive": 2}, "Class 2 cannot be the positive class of 2"),
        ({"threshold": 1.5}, "threshold is 1.5"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(change, sentence):
    given = {"probabilities": [[0.9, 0.1], [0.2, 0.8]], "truth": [0, 1], "patients": [1, 2], "classes": CLASSES}
    with pytest.raises(InvalidInput, match=sentence):
        report(**(given | change))
