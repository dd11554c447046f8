"""Whether a fact goes with the label: against scipy where every patient has one case, and by hand."""

import numpy as np
import pytest
from scipy import stats
from scipy.stats import contingency

from core.evaluation.association import Association, correlation_ratio, cramers_v, strongest_association


def table_of(fact, labels):
    rows, columns = np.unique(fact), np.unique(labels)
    return np.array([[np.sum((fact == row) & (labels == column)) for column in columns] for row in rows])


@pytest.fixture
def drawn():
    chance = np.random.default_rng(0)
    labels = chance.integers(3, size=300)
    fact = np.where(chance.random(300) < 0.3, labels, chance.integers(3, size=300)).astype(str)
    return fact, labels


def test_one_case_a_patient_is_the_chi_squared_test(drawn):
    fact, labels = drawn
    result = cramers_v(fact.tolist(), labels, [str(one) for one in range(300)])
    table = table_of(fact, labels)
    assert result.p == pytest.approx(contingency.chi2_contingency(table, correction=False).pvalue, rel=1e-9)
    phi2 = contingency.chi2_contingency(table, correction=False).statistic / 300
    corrected = phi2 - 4 / 299  # Bergsma 2013
    sides = 3 - 4 / 299 - 1
    assert result.strength == pytest.approx((corrected / sides) ** 0.5, rel=1e-9)
    assert result.strength < contingency.association(table, method="cramer")


def test_several_cases_of_a_patient_say_less(drawn):
    fact, labels = drawn
    alone = cramers_v(fact.tolist(), labels, [str(one) for one in range(300)])
    several = cramers_v(fact.tolist() * 4, np.tile(labels, 4), [str(one) for one in range(300)] * 4)
    assert several.p == pytest.approx(alone.p, rel=1e-9)
    assert several.strength == pytest.approx(alone.strength, rel=1e-9)


def test_what_does_not_vary_has_no_test():
    assert cramers_v(["a"] * 5, np.arange(5) % 2, list("abcde")).p is None
    assert cramers_v(list("ababa"), np.zeros(5, int), list("abcde")).strength == 0
    assert correlation_ratio(["a"] * 5, np.arange(5.0), list("abcde")).p is None


def test_a_number_is_the_f_test():
    chance = np.random.default_rng(1)
    fact = chance.integers(3, size=90)
    values = chance.normal(0, 1, 90) + fact * 0.5
    result = correlation_ratio(fact.astype(str).tolist(), values, [str(one) for one in range(90)])
    expected = stats.f_oneway(*[values[fact == one] for one in range(3)])
    assert result.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert 0 < result.strength < 1


def test_the_strongest_of_several_pays_for_those_it_was_chosen_among():
    result = [Association(0.2, 0.02), Association(0.4, 0.01), Association(0.0, None)]  # the last was not tested
    assert strongest_association(result) == Association(0.4, 0.02)
    assert strongest_association([Association(0.9, 0.7), Association(0.1, 0.8)]).p == 1
    assert strongest_association(result[:1]) == result[0]
    assert strongest_association([]) == strongest_association(result[2:]) == Association(0.0, None)
