"""What a training makes smaller: one number for each case and head, 0 where its answer is not known."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from core.models.heads import Head, head_slices
from core.training.spec import TrainSpec

Loss = Callable[..., Tensor]  # (logits, targets, smoothing=, gamma=) → (B,)


def cross_entropy(logits: Tensor, labels: Tensor, *, smoothing: float = 0.0, gamma: float = 0.0) -> Tensor:  # noqa: ARG001
    """Cross-entropy of each case: logits (B, classes), labels (B,)."""
    return F.cross_entropy(logits, labels.long(), reduction="none", label_smoothing=smoothing)


def focal(logits: Tensor, labels: Tensor, *, smoothing: float = 0.0, gamma: float = 2.0) -> Tensor:
    """(1 - p)^γ · CE, which looks past what is easy (Lin et al. 2017): logits (B, classes), labels (B,)."""
    each = cross_entropy(logits, labels, smoothing=smoothing)
    right = logits.softmax(dim=1).gather(1, labels.long()[:, None])[:, 0]
    return (1 - right) ** gamma * each


def binary(logits: Tensor, targets: Tensor, *, smoothing: float = 0.0, gamma: float = 0.0) -> Tensor:  # noqa: ARG001
    """Mean binary cross-entropy over the findings that are known: logits and targets (B, findings), NaN unknown."""
    return _known_mean(_binary(logits, targets, smoothing), targets)


def binary_focal(logits: Tensor, targets: Tensor, *, smoothing: float = 0.0, gamma: float = 2.0) -> Tensor:
    """The same, each finding times (1 - p)^γ of what is true of it."""
    truth = targets.nan_to_num()
    right = torch.where(truth > 0.5, logits, -logits).sigmoid()
    return _known_mean((1 - right) ** gamma * _binary(logits, targets, smoothing), targets)


def ordinal(logits: Tensor, labels: Tensor, *, smoothing: float = 0.0, gamma: float = 0.0) -> Tensor:  # noqa: ARG001
    """Is the class above the first, above the second …: logits (B, classes - 1), labels (B,) (Frank & Hall 2001)."""
    steps = torch.arange(logits.shape[1], device=logits.device)
    above = (labels[:, None] > steps).float() * (1 - smoothing) + smoothing / 2
    return F.binary_cross_entropy_with_logits(logits, above, reduction="none").mean(dim=1)


def huber(values: Tensor, targets: Tensor, *, smoothing: float = 0.0, gamma: float = 0.0) -> Tensor:  # noqa: ARG001
    """Squared near, absolute far (Huber 1964, δ = 1 standard deviation): values (B, 1), targets (B,)."""
    return F.huber_loss(values[:, 0], targets, reduction="none")


LOSSES: dict[str, dict[str, Loss]] = {
    "single": {"cross-entropy": cross_entropy, "focal": focal},
    "multi": {"cross-entropy": binary, "focal": binary_focal},
    "ordinal": {"cross-entropy": ordinal, "focal": ordinal},
    "number": {"cross-entropy": huber, "focal": huber},
}
"""By the kind of a head and the loss that was asked for: ordered classes and numbers have one each."""


def known_mask(heads: Sequence[Head], targets: Tensor) -> Tensor:
    """Which heads' answers are known of each case: targets (B, targets), NaN unknown; bool (B, heads)."""
    return torch.stack([~targets[:, own].isnan().all(dim=1) for own in head_slices(heads, "targets")], dim=1)


def head_losses(heads: Sequence[Head], logits: Tensor, targets: Tensor, spec: TrainSpec) -> Tensor:
    """Of each case and head, 0 where it is unknown: logits (B, outputs), targets (B, targets); (B, heads)."""
    parts = zip(heads, head_slices(heads, "outputs"), head_slices(heads, "targets"), strict=True)
    each = [_of_head(head, logits[:, outs].float(), targets[:, own], spec) for head, outs, own in parts]
    return torch.stack(each, dim=1)


def weighted_mean(each: Tensor, weights: Tensor) -> Tensor:
    """Mean over heads of Σ wᵢ·lossᵢ / Σ wᵢ, both (B, heads), weights 0 where unknown; a scalar."""
    return ((each * weights).sum(dim=0) / weights.sum(dim=0).clamp_min(1e-12)).mean()


def _of_head(head: Head, logits: Tensor, targets: Tensor, spec: TrainSpec) -> Tensor:
    rule = LOSSES[head.kind][spec.loss]
    if head.kind == "multi":
        return rule(logits, targets, smoothing=spec.label_smoothing, gamma=spec.gamma)
    asked = targets[:, 0]
    there = ~asked.isnan()
    wanted = (asked - head.mean) / head.deviation if head.kind == "number" else asked
    each = rule(logits, wanted.nan_to_num(), smoothing=spec.label_smoothing, gamma=spec.gamma)
    return torch.where(there, each, 0.0)


def _binary(logits: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    wanted = targets.nan_to_num() * (1 - smoothing) + smoothing / 2
    return F.binary_cross_entropy_with_logits(logits, wanted, reduction="none")


def _known_mean(each: Tensor, targets: Tensor) -> Tensor:
    there = ~targets.isnan()
    return (each * there).sum(dim=1) / there.sum(dim=1).clamp_min(1)
