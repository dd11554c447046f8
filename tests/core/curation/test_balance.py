"""Balance touches train only, makes classes count alike, and is the same for the same seed."""

from collections import Counter

import pytest

from core.curation.balance import BALANCERS, balance
from core.curation.recipe import BALANCES, Recipe
from core.curation.records import AssignedCase
from core.curation.split import assign_splits
from core.errors import InvalidInput
from tests.core.curation.tables import CLASSES, random_rows


def rows(*groups, split="train"):
    """Groups of (patient, label, images)."""
    flat = [(patient, label) for patient, label, images in groups for _ in range(images)]
    return [AssignedCase(case, patient, label, split) for case, (patient, label) in enumerate(flat)]


def shown(placed):
    counts = Counter()
    for row in placed:
        counts[row.label] += row.repeats
    return dict(counts)


def test_the_table_is_the_recipe_s_choices():
    assert tuple(BALANCERS) == BALANCES


def test_an_unknown_method_is_refused():
    with pytest.raises(InvalidInput, match="choose one of none, weights"):
        balance([], "smote", seed=0)


def test_weights_are_inverse_to_the_counts_with_mean_one():
    placed = balance(rows(("A", 0, 6), ("B", 1, 2)), "weights", seed=0)
    assert [row.weight for row in placed] == pytest.approx([8 / 12] * 6 + [2.0] * 2)
    assert sum(row.weight for row in placed) == pytest.approx(8)


def test_a_class_absent_from_train_takes_no_weight_from_the_others():
    placed = balance(rows(("A", 0, 3), ("B", 2, 1)), "weights", seed=0)
    assert [row.weight for row in placed] == pytest.approx([2 / 3] * 3 + [2.0])


def test_oversampling_reaches_the_largest_class_evenly():
    placed = balance(rows(("A", 0, 10), ("B", 1, 3), ("C", 1, 1)), "oversample", seed=0)
    assert shown(placed) == {0: 10, 1: 10}
    assert sorted(row.repeats for row in placed if row.label == 1) == [2, 2, 3, 3]
    assert next(row.repeats for row in placed if row.patient == "C") == 3  # extras go to different patients first


def test_undersampling_keeps_every_patient_it_can():
    table = rows(("A", 0, 50), ("B", 0, 1), ("C", 0, 1), ("D", 0, 1), ("E", 1, 4))
    for seed in range(20):
        placed = balance(table, "undersample", seed=seed)
        assert shown(placed) == {0: 4, 1: 4}
        assert {row.patient for row in placed if row.repeats} == set("ABCDE")


def test_undersampling_prefers_patients_whom_no_smaller_class_represents():
    table = rows(("A", 0, 5), ("B", 0, 5), ("A", 1, 1))
    for seed in range(20):
        assert {row.patient for row in balance(table, "undersample", seed=seed) if row.repeats} == {"A", "B"}


@pytest.mark.parametrize("method", BALANCES)
@pytest.mark.parametrize("seed", range(5))
def test_val_and_test_stay_as_they_are_and_the_seed_repeats(method, seed):
    table = random_rows(seed)
    placed = assign_splits(table, Recipe(balance=method, seed=seed), CLASSES)
    assert all((row.weight, row.repeats) == (1.0, 1) for row in placed if row.split != "train")
    assert placed == assign_splits(table, Recipe(balance=method, seed=seed), CLASSES)


@pytest.mark.parametrize("method", ["oversample", "undersample"])
def test_another_seed_repeats_other_cases(method):
    table = rows(("A", 0, 50), ("B", 1, 30))
    assert balance(table, method, seed=0) != balance(table, method, seed=1)


def test_nothing_to_balance_is_no_error():
    assert balance(rows(("A", 0, 2), split="test"), "oversample", seed=0) == rows(("A", 0, 2), split="test")
