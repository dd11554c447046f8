"""What outputs say, by the kind of their head."""

import math

import numpy as np
import pytest
import torch

from core.models.heads import Head, head_slices, output_count, single_head
from core.training.output_decoding import decode_outputs
from core.training.validation import metrics_by_head

HEADS = (
    single_head(("a", "b"), "which"),
    Head("grade", "ordinal", ("low", "mid", "high")),
    Head("signs", "multi", ("x", "y")),
    Head("age", "number", mean=50.0, deviation=10.0),
)
THIRD = math.log(3.0)


def test_heads_lie_side_by_side():
    assert output_count(HEADS) == 2 + 2 + 2 + 1
    assert head_slices(HEADS, "targets") == [slice(0, 1), slice(1, 2), slice(2, 4), slice(4, 5)]
    assert head_slices(HEADS, "answers") == [slice(0, 2), slice(2, 5), slice(5, 7), slice(7, 8)]
    assert Head.from_json(HEADS[3].to_json()) == HEADS[3]


def test_each_kind_says_its_own():
    logits = torch.tensor([[0.0, THIRD, THIRD, 0.0, -THIRD, 0.0, 1.5]])
    result = decode_outputs(HEADS, logits)[0].tolist()
    assert result == pytest.approx([0.25, 0.75, 0.25, 0.25, 0.5, 0.25, 0.5, 65.0])


def test_a_step_that_contradicts_the_one_before_says_as_much_as_it():
    result = decode_outputs([HEADS[1]], torch.tensor([[-THIRD, 5.0]]))[0].tolist()
    assert result == pytest.approx([0.75, 0.0, 0.25])


def test_figures_of_every_kind_where_they_are_defined():
    answers = np.array([[0.9, 0.1, 0.8, 0.1, 0.1, 0.9, 0.2, 40.0], [0.2, 0.8, 0.1, 0.2, 0.7, 0.3, 0.4, 66.0]])
    targets = np.array([[0, 0, 1, np.nan, 42.0], [1, 1, 0, np.nan, 60.0]])
    result = metrics_by_head(HEADS, answers, targets)
    assert result["val_accuracy"] == result["val_auroc"] == 1.0
    assert (result["val_accuracy grade"], result["val_mae grade"]) == (0.5, 0.5)
    assert result["val_auroc signs"] == 1.0  # of x alone: nothing is known of y
    assert result["val_mae age"] == pytest.approx(4.0)
    assert result["val_r2 age"] == pytest.approx(1 - (4 + 36) / (81 + 81))


def test_what_is_undefined_is_left_out():
    assert metrics_by_head([HEADS[0]], np.array([[0.9, 0.1]]), np.array([[0.0]])) == {"val_accuracy": 1.0}
    assert metrics_by_head([HEADS[3]], np.array([[40.0]]), np.array([[np.nan]])) == {}
