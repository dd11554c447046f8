"""A resample counted by patients is the same as one made by repeating their cases."""

import numpy as np
import pytest
from sklearn import metrics as sk

from core.evaluation import bootstrap as evaluation_bootstrap
from core.evaluation.bootstrap import (
    bootstrap,
    mean,
    ratio,
    resample_counts,
    resampled_sums,
    weighted_auroc,
    weighted_average_precision,
)
from tests.benchmarks import bootstrap_auroc
from tests.benchmarks.measure import Repetitions
from tests.benchmarks.references import bootstrap_auroc as loop
from tests.core.evaluation.cohorts import scored

PATIENTS = 60


def test_every_resample_draws_as_many_patients_as_there_are():
    blocks = list(resample_counts(PATIENTS, resamples=130, seed=0))
    assert [block.shape for block in blocks] == [(60, 64), (60, 64), (60, 2)]
    assert all((block.sum(axis=0) == PATIENTS).all() for block in blocks)
    assert np.concatenate(blocks, axis=1).mean() == pytest.approx(1)
    assert np.concatenate(blocks, axis=1).var() == pytest.approx(1 - 1 / PATIENTS, abs=0.05)  # multinomial


def test_the_seed_decides():
    first, again, other = (next(resample_counts(9, resamples=5, seed=seed)) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(weighted_auroc, sk.roc_auc_score), (weighted_average_precision, sk.average_precision_score)],
)
def test_counts_agree_with_repeated_images(ours, theirs, ties):
    scores, truth, owner = scored(6, ties=ties)
    statistic = ours(scores, truth, owner)
    for counts in resample_counts(PATIENTS, resamples=20, seed=3):
        for draw, value in zip(counts.T.astype(int), statistic(counts), strict=True):
            repeated = np.repeat(np.arange(len(owner)), draw[owner])
            assert value == pytest.approx(theirs(truth[repeated], scores[repeated]), abs=1e-9)


def test_a_resample_without_a_class_is_nan_inside_and_warns_nobody():
    statistic = weighted_auroc(np.array([0.1, 0.9]), np.array([False, True]), np.array([0, 1]))
    values = statistic(np.array([[2.0, 1.0], [0.0, 1.0]]))
    assert np.isnan(values[0])
    assert values[1] == 1


def test_ratio_and_mean_are_weighted_by_patients():
    half, third = ratio(np.array([1.0, 0.0]), np.array([2.0, 2.0])), ratio(np.array([1.0, 1.0]), np.array([3.0, 3.0]))
    counts = np.array([[1.0, 2.0], [1.0, 0.0]])
    np.testing.assert_allclose(half(counts), [0.25, 0.5])
    np.testing.assert_allclose(mean(half, third)(counts), [(0.25 + 1 / 3) / 2, (0.5 + 1 / 3) / 2])


def test_all_statistics_see_the_same_resamples():
    scores, truth, owner = scored(7)
    statistic = weighted_auroc(scores, truth, owner)
    draws = bootstrap({"one": statistic, "two": statistic}, patients=PATIENTS, resamples=100, seed=0)
    assert draws["one"].shape == (100,)
    assert (draws["one"] == draws["two"]).all()


def test_sums_of_whole_numbers_are_exact_and_of_others_as_good():
    rng = np.random.default_rng(0)
    counts = np.concatenate(list(resample_counts(PATIENTS, resamples=130, seed=5)), axis=1)
    for amounts in (rng.integers(300, size=(3, PATIENTS)).astype(float), rng.normal(size=(3, PATIENTS))):
        np.testing.assert_allclose(resampled_sums(amounts, resamples=130, seed=5), amounts @ counts, rtol=1e-12)
    whole = rng.integers(2**16, size=(2, PATIENTS)).astype(float)  # past what four bytes hold exactly
    assert (resampled_sums(whole, resamples=130, seed=5) == whole @ counts).all()


def test_a_table_too_large_to_keep_gives_the_same_numbers(monkeypatch):
    amounts = np.arange(2.0 * PATIENTS).reshape(2, PATIENTS)
    remaining = resampled_sums(amounts, resamples=70, seed=1)
    monkeypatch.setattr(evaluation_bootstrap, "_CACHE_LIMIT", 0)
    assert (resampled_sums(amounts, resamples=70, seed=1) == remaining).all()


def test_counts_are_made_once_for_patients_resamples_and_seed():
    evaluation_bootstrap.clear_cache()
    for seed in (0, 0, 1):
        resampled_sums(np.ones((1, PATIENTS)), resamples=10, seed=seed)
    assert (
        evaluation_bootstrap._cached_counts.cache_info().hits,
        evaluation_bootstrap._cached_counts.cache_info().misses,
    ) == (1, 2)
    with pytest.raises(ValueError, match="read-only"):
        evaluation_bootstrap._cached_counts(PATIENTS, 10, 0)[0, 0] = 5


def test_both_sides_of_the_benchmark_draw_and_find_the_same(tmp_path):
    scores, truth, owner = bootstrap_auroc.cases(400, 90)
    requested = {"patients": 90, "resamples": 70, "seed": 0}
    ours, theirs = (one(scores, truth, owner, **requested) for one in (bootstrap_auroc.ours, loop.aurocs))
    np.testing.assert_allclose(ours, theirs, atol=1e-12)
    with bootstrap_auroc.sides(tmp_path, Repetitions(), number=400, resamples=5) as sides:
        assert sides.ours().figure > sides.reference().figure / 100 > 0
