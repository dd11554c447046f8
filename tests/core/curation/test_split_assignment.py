"""The greedy cost says what it claims, and lifting a patient out undoes placing them."""

import numpy as np

from core.curation.split_assignment import Assignment, assign
from core.curation.strata import build_strata
from tests.core.curation.tables import random_rows

SHARES = (0.7, 0.2, 0.1)


def cost(work):
    gaps = (work.assigned_shares - work.target_shares[:, None]) ** 2 / work.target_shares[:, None]
    return float((gaps * work.strata.importance).sum())


def test_cost_of_adding_is_the_difference_of_costs():
    work = Assignment(build_strata(random_rows(0), classes=3, stratify=("site",)), SHARES)
    work.add(np.arange(20), 1)
    before, predicted = cost(work), work.cost_of_adding(42)
    for split in range(3):
        work.add(42, split)
        np.testing.assert_allclose(cost(work) - before, predicted[split], atol=1e-12)
        assert work.remove(42) == split
    np.testing.assert_allclose(cost(work), before, atol=1e-12)


def test_everybody_is_placed():
    split = assign(build_strata(random_rows(1), classes=3, stratify=()), SHARES, seed=0)
    assert set(split) == {0, 1, 2}
