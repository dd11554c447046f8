"""The loss against numbers computed by hand."""

import math

import pytest
import torch

from core.models.heads import Head, single_head
from core.training.losses import binary, binary_focal, focal, head_losses, huber, ordinal
from core.training.spec import TrainSpec
from core.training.train_step import total_loss

LOGITS = torch.tensor([[0.0, math.log(3.0)], [0.0, 0.0]])  # probabilities ¼ ¾ and ½ ½


TWO, GRADE, PAIR, AGE = (
    single_head(("a", "b")),
    Head("grade", "ordinal", ("low", "mid", "high")),
    Head("signs", "multi", ("x", "y")),
    Head("age", "number", mean=50.0, deviation=10.0),
)
UNKNOWN = math.nan


def loss(labels, weights, logits=LOGITS, **spec):
    targets = torch.tensor(labels, dtype=torch.float32)[:, None]
    return float(total_loss([TWO], logits, targets, torch.tensor(weights), TrainSpec(**spec)))


def test_weights_count_and_their_sum_does_not():
    result = loss([0, 1], [3.0, 1.0])
    assert result == pytest.approx((3 * math.log(4) + math.log(2)) / 4)
    assert loss([0, 1], [6.0, 2.0]) == pytest.approx(result)


def test_an_image_of_weight_0_does_not_count():
    assert loss([0, 1], [0.0, 1.0]) == pytest.approx(math.log(2))


def test_smoothing_gives_all_classes_a_share():
    result = loss([1], [1.0], LOGITS[:1], label_smoothing=0.2)
    assert result == pytest.approx(-0.9 * math.log(0.75) - 0.1 * math.log(0.25))


def test_a_batch_without_weight_is_0_not_nan():
    assert loss([0, 1], [0.0, 0.0]) == 0.0


def test_every_head_counts_the_same_and_what_is_unknown_of_it_not_at_all():
    heads = [TWO, AGE]
    logits = torch.tensor([[0.0, math.log(3.0), 1.5], [0.0, 0.0, 7.0]])
    targets = torch.tensor([[1.0, 60.0], [1.0, UNKNOWN]])  # 60 years are 1 deviation above: 0.5 off, squared half
    result = head_losses(heads, logits, targets, TrainSpec())
    assert result[:, 0].tolist() == pytest.approx([-math.log(0.75), math.log(2)])
    assert result[:, 1].tolist() == pytest.approx([0.125, 0.0])
    whole = total_loss(heads, logits, targets, torch.ones(2), TrainSpec())
    assert float(whole) == pytest.approx(((-math.log(0.75) + math.log(2)) / 2 + 0.125) / 2)


def test_what_is_unknown_everywhere_gives_a_loss_of_0_and_no_gradient():
    logits = torch.zeros(2, 3 + 1, requires_grad=True)
    targets = torch.tensor([[UNKNOWN, UNKNOWN, UNKNOWN]] * 2)
    result = total_loss([GRADE, AGE], logits[:, :3], torch.full((2, 2), UNKNOWN), torch.ones(2), TrainSpec())
    assert float(result.detach()) == 0.0
    both = total_loss([PAIR, AGE], logits[:, 1:], targets, torch.ones(2), TrainSpec())
    both.backward()
    assert logits.grad.abs().sum() == 0


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


def test_focal_looks_past_findings_that_are_easy_too():
    targets = torch.tensor([[1.0, 0.0], [1.0, UNKNOWN]])
    logits = torch.tensor([[math.log(3.0), -math.log(3.0)], [0.0, 9.0]])
    each = binary_focal(logits, targets, gamma=2.0)
    assert each.tolist() == pytest.approx([0.25**2 * -math.log(0.75), 0.5**2 * math.log(2)])
    assert torch.allclose(binary_focal(logits, targets, gamma=0.0), binary(logits, targets))


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
