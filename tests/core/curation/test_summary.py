"""Counts before and after balance."""

import json

import pytest

from core.curation.balance import balance
from core.curation.records import AssignedCase
from core.curation.summary import summary

ROWS = [
    AssignedCase(1, "A", 0, "train"),
    AssignedCase(2, "A", 0, "train"),
    AssignedCase(3, "B", 0, "train"),
    AssignedCase(4, "B", 1, "train"),
    AssignedCase(5, "C", 1, "test"),
]


def test_counts_images_and_patients_of_each_class_and_split():
    result = summary(ROWS, ("no", "yes"))
    assert (result["train"]["images"], result["train"]["patients"]) == (4, 2)
    assert result["train"]["labels"] == {"no": 3, "yes": 1}
    assert result["train"]["patients_by_label"] == {"no": 2, "yes": 1}
    assert (result["val"]["images"], result["val"]["labels"]) == (0, {"no": 0, "yes": 0})
    assert result["test"]["patients_by_label"] == {"no": 0, "yes": 1}
    assert result["train"]["balanced"]["effective"] == 4


def test_weights_even_the_classes_and_cost_effective_images():
    after = summary(balance(ROWS, "weights", seed=0), ("no", "yes"))["train"]["balanced"]
    assert after["weight"] == pytest.approx({"no": 2, "yes": 2})
    assert after["images"] == 4
    assert after["effective"] == 3.0  # 4² / (3 × (2/3)² + 2²)


def test_oversampling_shows_more_images_undersampling_fewer():
    more = summary(balance(ROWS, "oversample", seed=0), ("no", "yes"))["train"]["balanced"]
    assert (more["images"], more["labels"], more["effective"]) == (6, {"no": 3, "yes": 3}, 3.0)
    fewer = summary(balance(ROWS, "undersample", seed=0), ("no", "yes"))["train"]["balanced"]
    assert (fewer["images"], fewer["labels"], fewer["patients"]) == (2, {"no": 1, "yes": 1}, 2)


def test_an_empty_table_has_zeros_everywhere_and_is_json():
    result = json.loads(json.dumps(summary([], ("no",)), allow_nan=False))
    assert result["train"]["balanced"] == {
        "images": 0,
        "patients": 0,
        "labels": {"no": 0},
        "weight": {"no": 0},
        "effective": 0.0,
    }
