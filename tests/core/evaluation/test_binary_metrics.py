"""Every figure of the board against scikit-learn and scipy, with the interval its cases allow."""

import json
import math

import numpy as np
import pytest
from scipy.stats import binomtest, norm, t

from core.errors import InvalidInput
from core.evaluation.binary_metrics import binary_metrics, metrics_at_threshold, threshold_free_metrics
from core.evaluation.binary_scores import BinaryScores, aggregate_by_patient
from core.evaluation.bootstrap import resample_counts
from core.evaluation.calibration import ECE_NOTE
from core.evaluation.confidence_intervals import wilson
from core.evaluation.delong import delong
from core.evaluation.metrics import METRICS, ORDER, PREDICTIVE_VALUES, RATIOS, THRESHOLD_METRICS
from core.evaluation.prevalence import predictive_values
from core.evaluation.ranking_metrics import NO_PROBABILITY
from tests.core.evaluation.cohorts import scored
from tests.core.evaluation.independent import bin_gaps, formula, recomputed

AT = 0.6


def made(seed=0, *, single=False, ties=False, n=500):
    scores, truth, owner = scored(seed, n=n, ties=ties)
    return BinaryScores.of(range(n), scores, truth, np.arange(n) if single else owner, name="ill")


@pytest.mark.parametrize("rule", ["", "max", "mean", "noisy_or"])
@pytest.mark.parametrize("ties", [False, True])
def test_every_value_agrees_with_an_independent_one(ties, rule):
    run = made(ties=ties)
    if rule:  # smaller scores and more patients, so that no rule calls everybody
        smaller = (run.scores**3).round(1) if ties else run.scores**3
        run = aggregate_by_patient(
            BinaryScores.of(run.cases, smaller, run.truth, np.arange(500) // 2, name="ill"), rule
        )
    result = binary_metrics(run, AT, resamples=20)
    assert tuple(result) == ORDER
    expected = recomputed(ORDER, run.truth, run.scores, run.predicted_positive(AT))
    assert {name: item.value for name, item in result.items()} == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", ORDER)
def test_every_interval_of_many_cases_per_patient_agrees_with_resamples_of_repeated_cases(name):
    run = made(3)
    result = binary_metrics(run, AT, resamples=70)[name]
    draws, off = [], []
    gaps = bin_gaps(run.truth, run.scores)
    for counts in resample_counts(len(run.patients), resamples=70, seed=0):
        for draw in counts.T.astype(int):
            rows = np.repeat(np.arange(len(run.cases)), draw[run.owner])
            draws.append(recomputed([name], run.truth[rows], run.scores[rows], run.scores[rows] >= AT)[name])
            off.append(sum(abs(a - b) for a, b in zip(bin_gaps(run.truth[rows], run.scores[rows]), gaps, strict=True)))
    if name == "ece":
        reach = np.quantile(off, 0.95) * math.sqrt(len(run.patients) / (len(run.patients) - 1))
        expected = result.value - reach, result.value + reach
    else:
        sides = formula(name).among(run.truth, run.predicted_positive(AT))
        carriers = min(len(set(run.owner[side].tolist())) for side in sides)
        scale, shift = (2, 1) if name in ("mcc", "kappa") else (1, 0)  # from -1..1 to 0..1
        value, spread = (
            (result.value + shift) / scale,
            np.std(draws, ddof=1) / scale * math.sqrt(carriers / (carriers - 1)),
        )
        reach = t.ppf(0.975, carriers - 1) * spread / (value * (1 - value))
        ends = [1 / (1 + math.exp(-(math.log(value / (1 - value)) + side * reach))) for side in (-1, 1)]
        expected = tuple(scale * end - shift for end in ends)
    assert (result.ci_low, result.ci_high) == pytest.approx(expected, abs=1e-9)
    assert result.method == "patient-level bootstrap"


def test_with_one_case_per_patient_proportions_are_wilson_s_and_auroc_delong_s():
    run = made(single=True)
    result = binary_metrics(run, AT, resamples=20)
    called = run.predicted_positive(AT)
    expected = recomputed(RATIOS, run.truth, run.scores, called)
    for name in [name for name, ratio in RATIOS.items() if ratio.proportion]:
        (among,) = formula(name).among(run.truth, called)
        theirs = binomtest(round(expected[name] * among.sum()), among.sum()).proportion_ci(method="wilson")
        assert (result[name].ci_low, result[name].ci_high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
        assert (result[name].method, result[name].n) == ("Wilson", among.sum())
    area, covariance = delong(run.scores[None], run.truth)
    reach = norm.ppf(0.975) * math.sqrt(covariance[0, 0]) / (area[0] * (1 - area[0]))
    odds = math.log(area[0] / (1 - area[0]))
    ends = [1 / (1 + math.exp(-(odds + side * reach))) for side in (-1, 1)]
    assert (result["auroc"].ci_low, result["auroc"].ci_high) == pytest.approx(ends, abs=1e-9)
    assert result["auroc"].method == "DeLong"
    rest = ("average_precision", "f1", "mcc", "kappa", "brier", "balanced_accuracy")
    assert {result[name].method for name in rest} == {"patient-level bootstrap"}


def test_at_0_and_n_of_n_it_is_wilson_on_the_effective_n():
    sizes = [6, 1, 1, 1, 1]  # ten cases worth (Σm)² / Σm² = 100 / 40 = 2.5 independent ones
    owner = np.repeat(np.arange(5), sizes)
    run = BinaryScores.of(range(20), [0.9] * 10 + [0.1] * 10, [1] * 10 + [0] * 10, [*owner, *(owner + 5)], name="ill")
    result = binary_metrics(run, 0.5, resamples=20)
    for name in ("sensitivity", "specificity", "auroc", "balanced_accuracy", "average_precision"):
        assert (result[name].ci_low, result[name].ci_high) == pytest.approx(wilson(2.5, 2.5), abs=1e-12)
        assert result[name].method == "Wilson on the effective n"
    low = 2 * wilson(5.0, 5.0)[0] - 1
    assert (result["kappa"].ci_low, result["mcc"].ci_low, result["mcc"].ci_high) == pytest.approx((low, low, 1.0))
    none = binary_metrics(run, 0.95, resamples=20)["sensitivity"]
    assert (none.value, none.ci_low, none.ci_high) == pytest.approx((0, *wilson(0, 2.5)))


@pytest.mark.parametrize("prevalence", [0.01, 0.3, 0.9])
def test_ppv_and_npv_at_a_typed_prevalence(prevalence):
    run = made()
    result = metrics_at_threshold(run, AT, prevalence=prevalence, resamples=50)
    se, sp = result["sensitivity"].value, result["specificity"].value
    ill, well = round(1e6 * prevalence), round(1e6 * (1 - prevalence))  # of a million people
    assert result["ppv"].value == pytest.approx(se * ill / (se * ill + (1 - sp) * well), abs=1e-9)
    assert result["npv"].value == pytest.approx(sp * well / (sp * well + (1 - se) * ill), abs=1e-9)
    expected = recomputed(PREDICTIVE_VALUES, run.truth, run.scores, run.predicted_positive(AT), prevalence)
    assert {name: result[name].value for name in expected} == pytest.approx(expected, abs=1e-9)
    for name in PREDICTIVE_VALUES:
        assert result[name].ci_low < result[name].value < result[name].ci_high
        assert result[name].note == f"At a prevalence of {prevalence:g}."


def test_at_the_prevalence_of_the_cases_bayes_is_the_plain_share():
    run = made()
    plain, typed = (
        metrics_at_threshold(run, AT, resamples=10),
        metrics_at_threshold(run, AT, prevalence=float(run.truth.mean()), resamples=10),
    )
    for name in PREDICTIVE_VALUES:
        assert typed[name].value == pytest.approx(plain[name].value, abs=1e-12)


def test_a_perfect_ppv_at_a_prevalence_has_the_width_of_sensitivity_and_specificity():
    run = BinaryScores.of(range(40), [0.9] * 18 + [0.1] * 22, [1] * 20 + [0] * 20, range(40), name="ill")
    result = metrics_at_threshold(run, 0.5, prevalence=0.1, resamples=20)
    assert (result["ppv"].value, result["ppv"].ci_high) == (1.0, 1.0)
    lows = (np.array([result[name].ci_low]) for name in ("sensitivity", "specificity"))
    assert result["ppv"].ci_low == pytest.approx(float(predictive_values(*lows, 0.1)[0][0]), abs=1e-12)
    assert result["ppv"].method == "Wilson, of sensitivity and specificity"
    assert (
        metrics_at_threshold(run, 0.95, prevalence=0.1, resamples=20)["ppv"].note
        == "Undefined: no case was predicted ill."
    )


@pytest.mark.parametrize("prevalence", [0, 1, -0.2, float("nan")])
def test_what_is_no_prevalence_is_refused(prevalence):
    with pytest.raises(InvalidInput, match="give a number between 0 and 1"):
        metrics_at_threshold(made(), AT, prevalence=prevalence)


def test_standing_and_moving_are_the_board_apart():
    run = made()
    both = threshold_free_metrics(run, resamples=30) | metrics_at_threshold(run, AT, resamples=30)
    assert both == binary_metrics(run, AT, resamples=30)
    assert set(metrics_at_threshold(run, AT, resamples=30)) == set(THRESHOLD_METRICS)
    assert threshold_free_metrics(run, resamples=30)["ece"].note.startswith(ECE_NOTE)


@pytest.mark.parametrize(("yes", "why"), [(0, "no case is ill"), (1, "every case is ill")])
def test_one_class_is_undefined_in_sentences(yes, why):
    result = binary_metrics(
        BinaryScores.of(range(6), np.linspace(0.1, 0.9, 6), [yes] * 6, "aabbcc", name="ill"), 0.5, resamples=20
    )
    for name in ("auroc", "mcc", "sensitivity" if not yes else "specificity", "balanced_accuracy"):
        assert (result[name].value, result[name].ci_low, result[name].note) == (None, None, f"Undefined: {why}.")
    assert result["accuracy"].value is not None


def test_calls_of_one_kind_leave_mcc_undefined_and_kappa_at_chance():
    result = binary_metrics(made(), 1.0, resamples=20)
    assert result["mcc"].note == "Undefined: no case was predicted ill."
    assert result["ppv"].note == "Undefined: no case was predicted ill."
    assert result["kappa"].value == 0


def test_scores_that_are_no_probabilities_rank_but_are_not_calibrated():
    run = made()
    result, plain = (binary_metrics(one, AT, resamples=20) for one in (run.scored_by(run.scores * 7 - 3), run))
    assert result["auroc"] == plain["auroc"]
    assert (result["brier"].value, result["ece"].note) == (None, NO_PROBABILITY)


@pytest.mark.parametrize("truth", [[0, 0, 0], [1, 1, 1], [0, 0, 1], [1, 0, 0]])
@pytest.mark.parametrize("patients", ["aaa", "abb", "abc"])
@pytest.mark.parametrize("threshold", [0.0, 0.5, 1.0, 2.0])
def test_the_smallest_tables_never_hold_nan_nor_a_bare_number_without_its_reason(truth, patients, threshold):
    run = BinaryScores.of([1, 2, 3], [0.0, 0.5, 1.0], truth, patients, name="ill")
    for prevalence in (None, 0.1):
        result = binary_metrics(run, threshold, prevalence=prevalence, resamples=30)
        json.dumps([one.to_json() for one in result.values()], allow_nan=False)
        for item in result.values():
            assert (item.ci_low is None) == (item.method == "")
            assert item.ci_low is not None or item.note
            assert item.ci_low is None or item.ci_low <= item.value <= item.ci_high


@pytest.mark.parametrize("name", ORDER)
def test_the_better_of_two_runs_has_the_better_value_in_the_direction_of_the_metric(name):
    run = made()
    better, worse = (binary_metrics(run.scored_by(scores), 0.5)[name].value for scores in (run.scores, 1 - run.scores))
    assert (better > worse) == METRICS[name].higher_is_better, f"State higher_is_better={better > worse} in METRICS."


def test_nothing_to_evaluate_is_refused():
    with pytest.raises(InvalidInput, match="No cases to evaluate"):
        binary_metrics(BinaryScores.of([], [], [], [], name="ill"), 0.5)
    with pytest.raises(InvalidInput, match="threshold is not a number"):
        metrics_at_threshold(made(), float("nan"))
