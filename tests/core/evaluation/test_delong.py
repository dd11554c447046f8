"""DeLong's variance by midranks is DeLong's variance by its definition."""

import math

import numpy as np
import pytest

from core.errors import InvalidInput
from core.evaluation.delong import delong, delong_test
from tests.core.evaluation.cohorts import scored


def by_definition(scores, truth):
    """Covariance of the structural components over every pair of images."""
    kernels = [(run[truth][:, None] > run[~truth]) + 0.5 * (run[truth][:, None] == run[~truth]) for run in scores]
    v10, v01 = np.array([k.mean(axis=1) for k in kernels]), np.array([k.mean(axis=0) for k in kernels])
    return np.cov(v10) / truth.sum() + np.cov(v01) / (~truth).sum()


def two_runs(seed, *, ties):
    scores, truth, _ = scored(seed, n=150, ties=ties)
    other = scores + np.random.default_rng(seed).normal(scale=0.3, size=150)
    return np.stack([scores, other.round(1) if ties else other]), truth


def test_standard_error_of_the_four_images_everybody_knows():
    aucs, covariance = delong(np.array([[0.1, 0.4, 0.35, 0.8]]), np.array([False, False, True, True]))
    assert aucs[0] == pytest.approx(0.75, abs=1e-6)
    assert math.sqrt(covariance[0, 0]) == pytest.approx(0.353553, abs=1e-6)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_covariance_agrees_with_its_definition(seed, ties):
    scores, truth = two_runs(seed, ties=ties)
    np.testing.assert_allclose(delong(scores, truth)[1], by_definition(scores, truth), atol=1e-12)


def test_z_and_p_follow_from_the_covariance():
    from scipy.stats import norm

    scores, truth = two_runs(9, ties=False)
    covariance = by_definition(scores, truth)
    result = delong_test(*scores, truth)
    z = (result.first - result.second) / math.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    assert (result.z, result.p) == pytest.approx((z, 2 * norm.sf(abs(z))), abs=1e-9)
    assert delong_test(*scores[::-1], truth).z == pytest.approx(-z, abs=1e-9)


@pytest.mark.parametrize(
    ("z", "p"),
    [
        (2.20898359144091, 0.0271757822291882),
        (2.79777591868904, 0.00514557970691098),
        (-1.39077002573558, 0.164295175223054),
    ],
)
def test_the_p_of_published_z_values(z, p):
    assert math.erfc(abs(z) / math.sqrt(2)) == pytest.approx(p, abs=1e-9)


def test_the_same_ranking_twice_is_undefined_in_a_sentence():
    scores, truth = two_runs(3, ties=False)
    result = delong_test(scores[0], scores[0] * 0.5, truth)
    assert (result.z, result.p) == (None, None)
    assert "Undefined" in result.note


def test_too_few_of_a_class_are_refused():
    with pytest.raises(InvalidInput, match="needs two cases per class; there are 1 positive and 2 negative"):
        delong(np.zeros((1, 3)), np.array([True, False, False]))


def test_under_no_difference_one_test_in_twenty_rejects():
    rejected = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        truth, shared = rng.random(120) < 0.4, rng.normal(size=120)
        runs = truth + shared + rng.normal(size=(2, 120))
        rejected += delong_test(*runs, truth).p < 0.05
    assert 0.02 <= rejected / 400 <= 0.08


def clustered_by_definition(scores, truth, owner):
    """Obuchowski's covariance, cluster by cluster."""
    kernels = [(run[truth][:, None] > run[~truth]) + 0.5 * (run[truth][:, None] == run[~truth]) for run in scores]
    areas = np.array([k.mean() for k in kernels])
    m, n, clusters = truth.sum(), (~truth).sum(), sorted(set(owner.tolist()))
    ill, well = len(set(owner[truth].tolist())), len(set(owner[~truth].tolist()))
    s10, s01, s11 = np.zeros((2, 2)), np.zeros((2, 2)), np.zeros((2, 2))
    for item in clusters:
        positive, negative = owner[truth] == item, owner[~truth] == item
        x = np.array([k.mean(axis=1)[positive].sum() for k in kernels]) - positive.sum() * areas
        y = np.array([k.mean(axis=0)[negative].sum() for k in kernels]) - negative.sum() * areas
        s10, s01, s11 = s10 + np.outer(x, x), s01 + np.outer(y, y), s11 + np.outer(x, y)
    s10, s01, s11 = s10 * ill / (ill - 1) / m, s01 * well / (well - 1) / n, s11 * len(clusters) / (len(clusters) - 1)
    return s10 / m + s01 / n + (s11 + s11.T) / (m * n)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_the_clustered_covariance_agrees_with_its_definition(seed, ties):
    scores, truth = two_runs(seed, ties=ties)
    owner = np.random.default_rng(seed).integers(40, size=150)
    result = delong(scores, truth, owner)[1]
    np.testing.assert_allclose(result, clustered_by_definition(scores, truth, owner), atol=1e-12)


def test_with_one_case_per_patient_both_forms_are_one():
    scores, truth = two_runs(4, ties=False)
    np.testing.assert_allclose(delong(scores, truth, np.arange(150))[1], delong(scores, truth)[1], atol=1e-12)


def test_alike_cases_make_the_plain_form_reject_too_often_and_the_clustered_not():
    plain = clustered = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        ill, owner = rng.random(60) < 0.5, np.repeat(np.arange(60), 5)
        runs = (
            ill[owner] + rng.normal(size=60)[owner] + rng.normal(size=(2, 60))[:, owner] + rng.normal(size=(2, 300)) / 3
        )
        plain += delong_test(*runs, ill[owner]).p < 0.05
        clustered += delong_test(*runs, ill[owner], owner).p < 0.05
    assert 0.02 <= clustered / 300 <= 0.09
    assert plain / 300 > 0.25


def test_the_clustered_form_needs_two_patients_of_each_class():
    with pytest.raises(InvalidInput, match="two patients per class; there are 1 with positive and 2"):
        delong(np.zeros((1, 4)), np.array([True, True, False, False]), np.array([0, 0, 1, 2]))
