"""Of several findings the one that a fact goes with most is chosen, and its test pays for the choice."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.evaluation.association import correlation_ratio, cramers_v
from core.services.analysis.shortcut_probe import _association
from db.vocabulary import TaskKind

CASES = 80


def association_of(truths, kind, classes):
    """A run of such a task and its cases, each of a patient of its own."""
    cases = [SimpleNamespace(targets=tuple(row), patient=f"p{at}") for at, row in enumerate(truths.tolist())]
    return SimpleNamespace(run=SimpleNamespace(classes=classes, kind=kind)), cases


def drawn(findings):
    chance = np.random.default_rng(4)
    return chance.choice(["a", "b"], CASES).tolist(), chance.integers(2, size=(CASES, findings)).astype(float)


@pytest.mark.parametrize("findings", [1, 6])
def test_p_is_that_of_the_strongest_times_the_findings_looked_at(findings):
    values, truths = drawn(findings)
    names = [f"p{at}" for at in range(CASES)]
    each = [cramers_v(values, truths[:, at].astype(int), names) for at in range(findings)]
    most = max(each, key=lambda item: item.strength)
    result = _association(*_given(association_of(truths, TaskKind.MULTI, tuple("abcdef"[:findings])), values))
    assert result.strength == most.strength
    assert result.p == pytest.approx(min(1.0, most.p * findings))


def test_a_finding_that_nobody_has_was_not_tested_and_costs_nothing():
    values, truths = drawn(3)
    truths[:, 2] = 0
    result = _association(*_given(association_of(truths, TaskKind.MULTI, tuple("abc")), values))
    alone = _association(*_given(association_of(truths[:, :2], TaskKind.MULTI, tuple("ab")), values))
    assert result == alone


def test_a_number_is_one_question():
    values, truths = drawn(1)
    truths[:, 0] += np.random.default_rng(5).normal(size=CASES)
    result = _association(*_given(association_of(truths, TaskKind.NUMBER, ()), values))
    assert result == correlation_ratio(values, truths[:, 0], [f"p{at}" for at in range(CASES)])


def _given(made, values):
    work, cases = made
    return work, values, cases, np.ones(CASES, dtype=bool)
