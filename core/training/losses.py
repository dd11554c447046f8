"""Losses per case and head, 0 where the target is unknown."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from core.models.heads import Head, head_slices
from core.training.spec import TrainSpec

Loss = Callable[..., Tensor]  # (logits, targets, smoothing=, gamma=) → (B,)


def cross_entropy(logits: Tensor, labels: Tensor, *, smoothing: float = 0.0, gamma: float = 0.0) -> Tensor:  # noqa: ARG001
    """Return the cross-entropy of each case: logits (B, classes), labels (B,)."""
    return F.cross_entropy(logits, labels.long(), reduction="none", label_smoothing=smoothing)


def focal(logits: Tensor, labels: Tensor, *, smoothing: float = 0.0, gamma: float = 2.0) -> Tensor:
    """Return the focal loss (1 - p)^γ · CE (Lin et al. 2017): logits (B, classes), labels (B,)."""
    loss = cross_entropy(logits, labels, smoothing=smoothing)
    probability = logits.softmax(dim=1).gather(1, labels.long()[:, None])[:, 0]
    return (1 - probability) ** gamma * loss


def binary(logits: Tensor, targets: Tensor, *, smoothing: float = 0.0, gamma: float = 0.0) -> Tensor:  # noqa: ARG001
    """Return the mean binary cross-entropy over known findings: logits and targets (B, findings), NaN unknown."""
    return _known_mean(_binary(logits, targets, smoothing), targets)


def binary_focal(logits: Tensor, targets: Tensor, *, smoothing: float = 0.0, gamma: float = 2.0) -> Tensor:
    """Return the mean binary focal loss over known findings, where p is the probability of the true label."""
    truth = targets.nan_to_num()
    probability = torch.where(truth > 0.5, logits, -logits).sigmoid()
    return _known_mean((1 - probability) ** gamma * _binary(logits, targets, smoothing), targets)


def ordinal(logits: Tensor, labels: Tensor, *, smoothing: float = 0.0, gamma: float = 0.0) -> Tensor:  # noqa: ARG001
    """Return the loss of ordered classes by cumulative binary targets (Frank & Hall 2001).

    Logits (B, classes - 1): is the class above the first, above the second, …; labels (B,).
    """
    steps = torch.arange(logits.shape[1], device=logits.device)
    above = (labels[:, None] > steps).float() * (1 - smoothing) + smoothing / 2
    return F.binary_cross_entropy_with_logits(logits, above, reduction="none").mean(dim=1)


def huber(values: Tensor, targets: Tensor, *, smoothing: float = 0.0, gamma: float = 0.0) -> Tensor:  # noqa: ARG001
    """Return the Huber loss (Huber 1964, δ = 1 standard deviation): values (B, 1), targets (B,)."""
    return F.huber_loss(values[:, 0], targets, reduction="none")


LOSSES: dict[str, dict[str, Loss]] = {
    "single": {"cross-entropy": cross_entropy, "focal": focal},
    "multi": {"cross-entropy": binary, "focal": binary_focal},
    "ordinal": {"cross-entropy": ordinal, "focal": ordinal},
    "number": {"cross-entropy": huber, "focal": huber},
}
"""By kind of head and loss; ordered classes and numbers have a single one."""


def known_mask(heads: Sequence[Head], targets: Tensor) -> Tensor:
    """Return which heads' targets are known: targets (B, targets), NaN unknown; bool (B, heads)."""
    return torch.stack([~targets[:, part].isnan().all(dim=1) for part in head_slices(heads, "targets")], dim=1)


def head_losses(heads: Sequence[Head], logits: Tensor, targets: Tensor, spec: TrainSpec) -> Tensor:
    """Return the loss of each case and head (B, heads), 0 where unknown: logits (B, outputs), targets (B, targets)."""
    parts = zip(heads, head_slices(heads, "outputs"), head_slices(heads, "targets"), strict=True)
    losses = [_head_loss(head, logits[:, outs].float(), targets[:, part], spec) for head, outs, part in parts]
    return torch.stack(losses, dim=1)


def weighted_mean(losses: Tensor, weights: Tensor) -> Tensor:
    """Return the mean over heads of Σ wᵢ·lossᵢ / Σ wᵢ, both (B, heads), weights 0 where unknown; a scalar."""
    return ((losses * weights).sum(dim=0) / weights.sum(dim=0).clamp_min(1e-12)).mean()


def _head_loss(head: Head, logits: Tensor, targets: Tensor, spec: TrainSpec) -> Tensor:
    rule = LOSSES[head.kind][spec.loss]
    if head.kind == "multi":
        return rule(logits, targets, smoothing=spec.label_smoothing, gamma=spec.gamma)
    target = targets[:, 0]
    is_known = ~target.isnan()
    standardised = (target - head.mean) / head.deviation if head.kind == "number" else target
    loss = rule(logits, standardised.nan_to_num(), smoothing=spec.label_smoothing, gamma=spec.gamma)
    return torch.where(is_known, loss, 0.0)


def _binary(logits: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    smoothed = targets.nan_to_num() * (1 - smoothing) + smoothing / 2
    return F.binary_cross_entropy_with_logits(logits, smoothed, reduction="none")


def _known_mean(losses: Tensor, targets: Tensor) -> Tensor:
    is_known = ~targets.isnan()
    return (losses * is_known).sum(dim=1) / is_known.sum(dim=1).clamp_min(1)
