"""The loss against numbers computed by hand."""

import math

import pytest
import torch

from core.training.losses import binary, focal, huber, ordinal, weighted_cross_entropy

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


def test_focal_looks_past_what_is_easy():
    each = focal(LOGITS, torch.tensor([1, 1]), gamma=2.0)
    assert each.tolist() == pytest.approx([0.25**2 * -math.log(0.75), 0.5**2 * math.log(2)])
    assert focal(LOGITS, torch.tensor([1, 1]), gamma=0.0).tolist() == pytest.approx([-math.log(0.75), math.log(2)])


def test_unknown_findings_do_not_count():
    targets = torch.tensor([[1.0, math.nan], [math.nan, math.nan], [1.0, 0.0]])
    logits = torch.tensor([[0.0, 50.0], [3.0, 3.0], [0.0, math.log(3.0)]], requires_grad=True)
    each = binary(logits, targets)
    assert each.tolist() == pytest.approx([math.log(2), 0.0, (math.log(2) + math.log(4)) / 2])
    each.sum().backward()
    assert logits.grad[0, 1] == 0 == logits.grad[1].abs().sum()


def test_an_ordinal_answer_is_a_row_of_steps():
    each = ordinal(torch.zeros(3, 2), torch.tensor([0, 1, 2]))
    assert each.tolist() == pytest.approx([math.log(2)] * 3)
    sure = ordinal(torch.tensor([[9.0, -9.0]]), torch.tensor([1]))  # above the first, not above the second
    assert float(sure) == pytest.approx(0.0, abs=1e-3)
    assert ordinal(torch.tensor([[9.0, 9.0]]), torch.tensor([0])) > ordinal(
        torch.tensor([[9.0, -9.0]]), torch.tensor([0])
    )


def test_huber_is_squared_near_and_absolute_far():
    assert huber(torch.tensor([[0.5], [3.0]]), torch.zeros(2)).tolist() == pytest.approx([0.125, 2.5])
