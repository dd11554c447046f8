"""Two runs on the same cases, against plain recomputation, and what cannot be compared."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import binomtest, chi2

from core.errors import InvalidInput
from core.evaluation.binary_metrics import binary_metrics
from core.evaluation.binary_scores import BinaryScores, aggregate_by_patient
from core.evaluation.bootstrap import resample_counts
from core.evaluation.comparison import compare, incompatibility
from core.evaluation.confidence_intervals import wilson
from core.evaluation.mcnemar import clustered_mcnemar, mcnemar
from tests.core.evaluation.cohorts import scored


def two(seed=0, *, n=300, single=False):
    """Two runs on the same cases, the second noisier."""
    scores, truth, owner = scored(seed, n=n)
    noise = np.random.default_rng(seed + 1).normal(scale=1.5, size=n)
    worse = 1 / (1 + np.exp(-(np.log(scores / (1 - scores)) + noise)))
    owner = np.arange(n) if single else owner
    return tuple(BinaryScores.of(np.arange(n) + 50, one, truth, owner, name="ill") for one in (scores, worse))


def test_mcnemar_of_the_published_table():
    result = mcnemar(6, 16)  # 59/6/16/80
    assert result.exact_p == pytest.approx(0.0524788, abs=5.1e-8)
    assert (result.chi2, result.p) == pytest.approx((3.681818, 0.0550088), abs=1e-6)


@pytest.mark.parametrize(("first", "second"), [(0, 3), (5, 5), (40, 11), (1, 0)])
def test_mcnemar_agrees_with_scipy(first, second):
    result = mcnemar(first, second)
    assert result.exact_p == pytest.approx(binomtest(first, first + second).pvalue, abs=1e-12)
    assert result.p == pytest.approx(chi2.sf(max(0, abs(first - second) - 1) ** 2 / (first + second), 1), abs=1e-12)


def test_mcnemar_without_disagreement_has_no_statistic():
    assert (mcnemar(0, 0).exact_p, mcnemar(0, 0).chi2, mcnemar(0, 0).p) == (1.0, None, None)
    right = np.array([True, False])
    assert clustered_mcnemar(right, right, np.array([0, 1])).p is None


def test_the_clustered_form_is_durkalski_s_and_of_single_cases_mcnemar_s_without_correction():
    rng = np.random.default_rng(3)
    first, second, owner = rng.random(90) < 0.8, rng.random(90) < 0.6, rng.integers(20, size=90)
    top = bottom = 0.0
    for patient in set(owner.tolist()):
        ours = owner == patient
        share = (int((first & ~second)[ours].sum()) - int((second & ~first)[ours].sum())) / ours.sum()
        top, bottom = top + share, bottom + share**2
    result = clustered_mcnemar(first, second, owner)
    assert (result.chi2, result.p) == pytest.approx((top**2 / bottom, chi2.sf(top**2 / bottom, 1)), abs=1e-9)
    alone = clustered_mcnemar(first, second, np.arange(90))
    b, c = alone.only_first, alone.only_second
    assert alone.chi2 == pytest.approx((b - c) ** 2 / (b + c), abs=1e-9)


def test_copies_of_a_patient_s_case_do_not_make_a_difference_surer():
    rng = np.random.default_rng(4)
    first, second = rng.random(60) < 0.85, rng.random(60) < 0.65
    once = clustered_mcnemar(first, second, np.arange(60))
    copies = clustered_mcnemar(np.tile(first, 5), np.tile(second, 5), np.tile(np.arange(60), 5))
    assert copies.p == pytest.approx(once.p)
    assert mcnemar(5 * once.only_first, 5 * once.only_second).p < once.p  # as if all were independent


def test_differences_are_those_of_the_boards_on_the_same_resamples():
    first, second = two()
    result = compare(first, second, (0.5, 0.4), resamples=200)
    boards = [binary_metrics(one, at, resamples=200) for one, at in ((first, 0.5), (second, 0.4))]
    for name, difference in result.differences.items():
        assert difference.value == pytest.approx(boards[1][name].value - boards[0][name].value, abs=1e-12)
        assert difference.ci_low < difference.value < difference.ci_high
    assert (result.first["auroc"], result.second["f1"]) == (boards[0]["auroc"], boards[1]["f1"])
    assert result.differences["auroc"].method == "patient-level bootstrap"


def test_an_interval_of_a_difference_is_that_of_repeated_cases():
    first, second = two()
    result = compare(first, second, (0.5, 0.5), resamples=100).differences["accuracy"]
    apart = []
    for counts in resample_counts(len(first.patients), resamples=100, seed=0):
        for draw in counts.T.astype(int):
            rows = np.repeat(np.arange(300), draw[first.owner])
            right = [((one.scores[rows] >= 0.5) == one.truth[rows]).mean() for one in (first, second)]
            apart.append(right[1] - right[0])
    patients = len(first.patients)
    from scipy.stats import t

    reach = t.ppf(0.975, patients - 1) * np.std(apart, ddof=1) * np.sqrt(patients / (patients - 1))
    assert (result.ci_low, result.ci_high) == pytest.approx((result.value - reach, result.value + reach), abs=1e-9)


def test_turned_round_every_difference_changes_its_sign():
    first, second = two(2)
    result, turned = compare(first, second, (0.5, 0.4), resamples=50), compare(second, first, (0.4, 0.5), resamples=50)
    for name, item in result.differences.items():
        assert (turned.differences[name].ci_low, turned.differences[name].ci_high) == pytest.approx(
            (-item.ci_high, -item.ci_low)
        )
    assert (set(result.fixed), set(result.broken)) == (set(turned.broken), set(turned.fixed))


def test_lists_hold_every_case_that_somebody_gets_wrong_the_worst_first():
    first, second = two()
    result = compare(first, second, (0.5, 0.4), resamples=10)
    wrong = [
        set(run.cases[run.predicted_positive(at) != run.truth].tolist()) for run, at in ((first, 0.5), (second, 0.4))
    ]
    assert set(result.fixed.tolist()) == wrong[0] - wrong[1]
    assert set(result.broken.tolist()) == wrong[1] - wrong[0]
    assert set(result.both_wrong.tolist()) == wrong[0] & wrong[1]
    far = {
        int(case): score if truth else -score
        for case, score, truth in zip(second.cases, second.scores, second.truth, strict=True)
    }
    for listed in (result.broken, result.both_wrong):
        assert [far[case] for case in listed.tolist()] == sorted(far[case] for case in listed.tolist())
    assert (result.mcnemar.only_first, result.mcnemar.only_second) == (len(result.broken), len(result.fixed))


def test_the_order_of_the_cases_does_not_matter():
    first, second = two()
    shuffled = second.subset(np.ones(300, dtype=bool))
    order = np.random.default_rng(0).permutation(300)
    shuffled = BinaryScores.of(
        second.cases[order],
        second.scores[order],
        second.truth[order],
        [second.patients[row] for row in second.owner[order]],
        name="ill",
    )
    item, other = (compare(first, run, (0.5, 0.5), resamples=20) for run in (second, shuffled))
    assert item.differences == other.differences
    assert item.both_wrong.tolist() == other.both_wrong.tolist()


@pytest.mark.parametrize("single", [True, False])
def test_which_test_is_made_follows_from_the_cases_per_patient(single):
    result = compare(*two(single=single), (0.5, 0.5), resamples=20)
    assert ("clustered" not in result.delong.method, "clustered" not in result.mcnemar.method) == (single, single)


def test_two_alike_runs_have_no_bare_difference_and_say_so():
    first, _ = two()
    result = compare(first, first, (0.5, 0.5), resamples=20)
    assert {(one.value, one.ci_low, one.note) for one in result.differences.values()} == {
        (0.0, None, "No interval: the two runs have the same value on these cases.")
    }
    assert "rank every pair of cases alike" in result.delong.note


@pytest.mark.parametrize("each", [1, 3])
def test_runs_that_differ_alike_on_every_resample_have_an_interval_from_both(each):
    """Sensitivity 1 against 0: no resample varies, so the bounds are those of two Wilson intervals (MOVER)."""
    patients, truth = 12, np.tile(np.repeat([1, 0], each), 6)
    owner = np.repeat(np.arange(patients), each)
    right, blind = (
        BinaryScores.of(np.arange(len(truth)), item, truth, owner, name="ill") for item in (truth * 0.8, truth * 0)
    )
    result = compare(blind, right, (0.5, 0.5), resamples=50).differences["sensitivity"]
    low, _ = wilson(6, 6)
    assert result.value == 1.0
    assert (result.ci_low, result.ci_high) == (pytest.approx(1 - np.hypot(1 - low, 1 - low)), 1.0)
    assert (result.method, result.note, result.n) == ("from both intervals (MOVER)", "", 6 * each)
    turned = compare(right, blind, (0.5, 0.5), resamples=50).differences["sensitivity"]
    assert (turned.ci_low, turned.ci_high) == pytest.approx((-result.ci_high, -result.ci_low))
    assert all(
        item.ci_low is not None or item.value in (0.0, None)
        for item in compare(right, blind, (0.5, 0.5), resamples=50).differences.values()
    )


def test_one_class_or_one_patient_is_said():
    item = BinaryScores.of([1, 2, 3], [0.1, 0.2, 0.3], [1, 1, 1], "abc", name="ill")
    result = compare(item, item, (0.5, 0.5), resamples=20)
    assert result.differences["auroc"].note == "Undefined: every case is ill."
    assert result.delong is None
    assert "3 positive and 0 negative" in result.note
    alone = BinaryScores.of([1, 2, 3, 4], [0.1, 0.2, 0.3, 0.4], [1, 0, 1, 0], "aaaa", name="ill")
    result = compare(alone, alone, (0.5, 0.5), resamples=20)
    assert (result.differences["auroc"].ci_low, "single patient" in result.differences["auroc"].note) == (None, True)


def changed(run, **columns):
    given = {
        "cases": run.cases,
        "scores": run.scores,
        "truth": run.truth,
        "patients": [run.patients[row] for row in run.owner],
    }
    return BinaryScores.of(*(columns.get(name, given[name]) for name in given), name=run.name)


def test_different_test_sets_are_refused_with_their_numbers():
    first, second = two()
    fewer = second.subset(np.arange(300) >= 7)
    with pytest.raises(InvalidInput, match="7 of 300 cases are only in the first and 0 of 293 only in the second"):
        compare(first, fewer, (0.5, 0.5))
    flipped = changed(second, truth=np.where(np.arange(300) < 4, ~second.truth, second.truth))
    assert incompatibility(first, flipped).startswith("The reference labels of 4 of 300 cases differ")
    assert "other patient IDs" in incompatibility(first, changed(second, patients=["p"] * 300))
    assert "per case, the other per patient" in incompatibility(first, aggregate_by_patient(second, "max"))
    assert incompatibility(first, second) == ""


def test_by_patient_another_case_may_speak_for_each_run():
    first, second = (aggregate_by_patient(one, "max") for one in two())
    assert (first.cases != second.cases).any()
    result = compare(first, second, (0.7, 0.7), resamples=20)
    assert "same 60 patients" in result.note
    assert result.mcnemar.method == "McNemar"
    listed = set(result.both_wrong.tolist()) | set(result.broken.tolist()) | set(result.fixed.tolist())
    assert listed <= set(second.cases.tolist())


@pytest.mark.parametrize(("first", "second"), list(product([0.0, 1.0], repeat=2)))
def test_thresholds_at_the_ends_never_give_nan(first, second):
    result = compare(*two(n=40), (first, second), resamples=20)
    for item in result.differences.values():
        assert all(part is None or np.isfinite(part) for part in (item.value, item.ci_low, item.ci_high))
        assert item.ci_low is not None or item.note
