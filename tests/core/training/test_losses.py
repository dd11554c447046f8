"""The loss against numbers computed by hand."""

import math

import pytest
import torch

from core.training.losses import weighted_cross_entropy

LOGITS = torch.tensor([[0.0, math.log(3.0)], [0.0, 0.0]])  # probabilities ¼ ¾ and ½ ½


def test_weights_count_and_their_sum_does_not():
    loss = weighted_cross_entropy(LOGITS, torch.tensor([0, 1]), torch.tensor([3.0, 1.0]))
    assert float(loss) == pytest.approx((3 * math.log(4) + math.log(2)) / 4)
    double = weighted_cross_entropy(LOGITS, torch.tensor([0, 1]), torch.tensor([6.0, 2.0]))
    assert float(double) == pytest.approx(float(loss))


def test_an_image_of_weight_0_does_not_count():
    loss = weighted_cross_entropy(LOGITS, torch.tensor([0, 1]), torch.tensor([0.0, 1.0]))
    assert float(loss) == pytest.approx(math.log(2))


def test_smoothing_gives_all_classes_a_share():
    loss = weighted_cross_entropy(LOGITS[:1], torch.tensor([1]), torch.ones(1), smoothing=0.2)
    assert float(loss) == pytest.approx(-0.9 * math.log(0.75) - 0.1 * math.log(0.25))


def test_a_batch_without_weight_is_0_not_nan():
    assert float(weighted_cross_entropy(LOGITS, torch.tensor([0, 1]), torch.zeros(2))) == 0.0
