"""What a training makes smaller: one number of a batch, each case with its weight."""

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

Loss = Callable[..., Tensor]  # (logits, targets, smoothing=, gamma=) → (B,)


def cross_entropy(logits: Tensor, labels: Tensor, *, smoothing: float = 0.0, gamma: float = 0.0) -> Tensor:  # noqa: ARG001
    """Cross-entropy of each case: logits (B, classes), labels (B,)."""
    return F.cross_entropy(logits.float(), labels, reduction="none", label_smoothing=smoothing)


def focal(logits: Tensor, labels: Tensor, *, smoothing: float = 0.0, gamma: float = 2.0) -> Tensor:
    """(1 - p)^γ · CE, which looks past what is easy (Lin et al. 2017): logits (B, classes), labels (B,)."""
    each = cross_entropy(logits, labels, smoothing=smoothing)
    right = logits.float().softmax(dim=1).gather(1, labels[:, None])[:, 0]
    return (1 - right) ** gamma * each


def binary(logits: Tensor, targets: Tensor, *, smoothing: float = 0.0, gamma: float = 0.0) -> Tensor:  # noqa: ARG001
    """Mean binary cross-entropy over the findings that are known: logits and targets (B, findings), NaN unknown."""
    known = ~targets.isnan()
    wanted = targets.nan_to_num() * (1 - smoothing) + smoothing / 2
    each = F.binary_cross_entropy_with_logits(logits.float(), wanted.float(), reduction="none") * known
    return each.sum(dim=1) / known.sum(dim=1).clamp_min(1)


def ordinal(logits: Tensor, labels: Tensor, *, smoothing: float = 0.0, gamma: float = 0.0) -> Tensor:  # noqa: ARG001
    """Is the class above the first, above the second …: logits (B, classes - 1), labels (B,) (Frank & Hall 2001)."""
    steps = torch.arange(logits.shape[1], device=logits.device)
    above = (labels[:, None] > steps).float() * (1 - smoothing) + smoothing / 2
    return F.binary_cross_entropy_with_logits(logits.float(), above, reduction="none").mean(dim=1)


def huber(values: Tensor, targets: Tensor, *, smoothing: float = 0.0, gamma: float = 0.0) -> Tensor:  # noqa: ARG001
    """Squared near, absolute far (Huber 1964, δ = 1 standard deviation): values (B, 1), targets (B,)."""
    return F.huber_loss(values.float()[:, 0], targets.float(), reduction="none")


LOSSES: dict[str, Loss] = {
    "cross-entropy": cross_entropy, "focal": focal, "binary": binary, "ordinal": ordinal, "huber": huber,
}  # fmt: skip


def weighted(each: Tensor, weights: Tensor) -> Tensor:
    """Σ wᵢ·lossᵢ / Σ wᵢ over a batch, (B,) both; a scalar."""
    return (each * weights).sum() / weights.sum().clamp_min(1e-12)


def weighted_cross_entropy(logits: Tensor, labels: Tensor, weights: Tensor, *, smoothing: float = 0.0) -> Tensor:
    """Σ wᵢ·CEᵢ / Σ wᵢ over a batch: logits (B, classes), labels (B,), weights (B,) ≥ 0; a scalar."""
    return weighted(cross_entropy(logits, labels, smoothing=smoothing), weights)
