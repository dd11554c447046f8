"""Many classes, ordered classes and findings together, against scikit-learn and by hand."""

import json

import numpy as np
import pytest
from sklearn import metrics as sk

from core.errors import InvalidInput
from core.evaluation.binary_metrics import binary_metrics
from core.evaluation.binary_scores import BinaryScores
from core.evaluation.bootstrap import resample_counts
from core.evaluation.metrics import ORDER
from core.evaluation.multiclass import multilabel_metrics
from core.evaluation.report import report


def graded(seed=0, *, n=400, classes=4, patients=80):
    rng = np.random.default_rng(seed)
    truth = rng.integers(classes, size=n)
    p = np.exp(rng.normal(size=(n, classes)) - 0.8 * np.abs(np.arange(classes) - truth[:, None]))
    return p / p.sum(axis=1, keepdims=True), truth, rng.integers(patients, size=n)


def findings(seed=0, *, n=300):
    """Three findings on overlapping cases of the same patients."""
    rng = np.random.default_rng(seed)
    owner = rng.integers(70, size=n)
    made = []
    for name, share in (("effusion", 0.4), ("nodule", 0.1), ("mass", 0.25)):
        known = rng.random(n) < 0.8
        truth = rng.random(n) < share
        scores = 1 / (1 + np.exp(-(rng.normal(size=n) + truth)))
        made.append(BinaryScores.of(np.arange(n)[known], scores[known], truth[known], owner[known], name=name))
    return made


def test_mcc_and_kappa_of_many_classes_agree_with_scikit_learn():
    p, truth, owner = graded()
    result = report(p, truth, owner, "abcd", resamples=50).metrics
    called = p.argmax(axis=1)
    assert result["mcc"].value == pytest.approx(sk.matthews_corrcoef(truth, called), abs=1e-9)
    assert result["kappa"].value == pytest.approx(sk.cohen_kappa_score(truth, called), abs=1e-9)
    assert result["average_precision"].value == pytest.approx(
        np.mean([sk.average_precision_score(truth == c, p[:, c]) for c in range(4)]), abs=1e-9
    )
    assert result["brier"].value == pytest.approx(((p - np.eye(4)[truth]) ** 2).mean(), abs=1e-9)
    assert all(one.ci_low < one.value < one.ci_high for one in result.values())


def test_ordered_classes_have_weighted_kappa_and_the_mean_distance():
    p, truth, owner = graded(1)
    result = report(p, truth, owner, "abcd", ordered=True, resamples=60).metrics
    called = p.argmax(axis=1)
    kappa = sk.cohen_kappa_score(truth, called, weights="quadratic")
    assert result["weighted_kappa"].value == pytest.approx(kappa, abs=1e-9)
    assert result["mean_distance"].value == pytest.approx(np.abs(called - truth).mean(), abs=1e-9)
    assert 0 < result["mean_distance"].ci_low < result["mean_distance"].value < result["mean_distance"].ci_high < 3
    assert "weighted_kappa" not in report(p, truth, owner, "abcd", resamples=2).metrics


@pytest.mark.parametrize("name", ["mcc", "kappa", "weighted_kappa", "auroc", "sensitivity"])
def test_an_interval_of_a_table_of_classes_is_that_of_repeated_cases(name):
    p, truth, owner = graded(2, n=150, patients=30)
    called = p.argmax(axis=1)
    plain = {
        "mcc": lambda rows: sk.matthews_corrcoef(truth[rows], called[rows]),
        "kappa": lambda rows: sk.cohen_kappa_score(truth[rows], called[rows]),
        "weighted_kappa": lambda rows: sk.cohen_kappa_score(truth[rows], called[rows], weights="quadratic"),
        "auroc": lambda rows: np.mean([sk.roc_auc_score(truth[rows] == c, p[rows, c]) for c in range(4)]),
        "sensitivity": lambda rows: sk.recall_score(truth[rows], called[rows], average="macro"),
    }[name]
    result = report(p, truth, owner, "abcd", ordered=True, resamples=64).metrics[name]
    names = np.unique(owner.astype(str))
    row = np.searchsorted(names, owner.astype(str))
    draws = []
    for draw in next(resample_counts(len(names), resamples=64, seed=0)).T.astype(int):
        draws.append(plain(np.repeat(np.arange(150), draw[row])))
    from scipy.stats import t

    carriers = min(len(set(owner[truth == c].tolist())) for c in range(4)) if name == "sensitivity" else len(names)
    if name == "auroc":
        sides = [side for c in range(4) for side in (truth == c, truth != c)]
        carriers = min(len(set(owner[side].tolist())) for side in sides)
    signed = name not in ("auroc", "sensitivity")
    value, spread = (
        ((result.value + 1) / 2, np.std(draws, ddof=1) / 2) if signed else (result.value, np.std(draws, ddof=1))
    )
    reach = t.ppf(0.975, carriers - 1) * spread * np.sqrt(carriers / (carriers - 1)) / (value * (1 - value))
    ends = 1 / (1 + np.exp(-(np.log(value / (1 - value)) + np.array([-1, 1]) * reach)))
    assert (result.ci_low, result.ci_high) == pytest.approx(2 * ends - 1 if signed else ends, abs=1e-9)


def test_two_ordered_classes_are_one_step_apart():
    p, truth, owner = graded(3, classes=2)
    result = report(p, truth, owner, "ab", ordered=True, resamples=20).metrics
    assert result["mean_distance"].value == pytest.approx(1 - result["accuracy"].value, abs=1e-12)
    assert result["weighted_kappa"].value == pytest.approx(result["kappa"].value, abs=1e-12)


def test_a_perfect_or_a_stuck_grader_is_said_without_nan():
    truth = np.arange(30) % 3
    result = report(np.eye(3)[truth], truth, range(30), "abc", ordered=True, resamples=20).metrics
    assert (result["weighted_kappa"].value, result["mean_distance"].value) == (1, 0)
    assert result["weighted_kappa"].ci_low < 1
    assert result["mean_distance"].ci_high > 0
    stuck = report(np.tile([1.0, 0, 0], (30, 1)), np.zeros(30, int), range(30), "abc", ordered=True, resamples=20)
    assert (
        stuck.metrics["weighted_kappa"].note
        == "Undefined: the reference labels or the predictions are all of one class."
    )
    json.dumps(stuck.to_json(), allow_nan=False)


def test_macro_is_the_mean_over_findings_and_micro_pools_their_answers():
    output, at = findings(), (0.5, 0.6, 0.4)
    result = multilabel_metrics(output, at, resamples=30)
    assert tuple(result.macro) == tuple(result.micro) == ORDER
    each = [binary_metrics(one, threshold, resamples=5) for one, threshold in zip(output, at, strict=True)]
    for name in ORDER:
        assert result.macro[name].value == pytest.approx(np.mean([one[name].value for one in each]), abs=1e-12)
        assert [result.each[one.name][name].value for one in output] == [one[name].value for one in each]
    scores, truth = (np.concatenate([getattr(one, part) for one in output]) for part in ("scores", "truth"))
    called = np.concatenate([one.predicted_positive(threshold) for one, threshold in zip(output, at, strict=True)])
    assert result.micro["auroc"].value == pytest.approx(sk.roc_auc_score(truth, scores), abs=1e-9)
    assert result.micro["f1"].value == pytest.approx(sk.f1_score(truth, called), abs=1e-9)
    assert result.micro["mcc"].value == pytest.approx(sk.matthews_corrcoef(truth, called), abs=1e-9)
    assert all(one.ci_low < one.value < one.ci_high for one in (*result.macro.values(), *result.micro.values()))


def test_answers_about_one_patient_are_resampled_together():
    item = findings(1)[0]
    twice = multilabel_metrics([item, item.scored_by(item.scores)], (0.5, 0.5), resamples=300)
    alone = binary_metrics(item, 0.5, resamples=300)
    for name in ("auroc", "accuracy", "sensitivity"):
        for result in (twice.macro[name], twice.micro[name]):
            assert (result.ci_low, result.ci_high) == pytest.approx((alone[name].ci_low, alone[name].ci_high), abs=1e-9)


def test_a_finding_that_is_never_there_is_left_out_of_the_mean_and_named():
    result = findings(2)
    none = BinaryScores.of([1, 2, 3], [0.1, 0.2, 0.6], [0, 0, 0], ["1", "2", "3"], name="pneumothorax")
    report = multilabel_metrics([result[0], none], (0.5, 0.5), resamples=30)
    assert report.macro["auroc"].note == "Mean of 1 of 2 classes; undefined for pneumothorax."
    assert report.macro["auroc"].value == pytest.approx(report.each["effusion"]["auroc"].value)


def test_findings_without_cases_or_thresholds_are_refused():
    for result, at in (([], ()), (findings(), (0.5,)), ([BinaryScores.of([], [], [], [], name="x")], (0.5,))):
        with pytest.raises(InvalidInput, match="each finding needs cases"):
            multilabel_metrics(result, at)
