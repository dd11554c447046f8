"""What a training makes smaller."""

import torch.nn.functional as F  # noqa: N812
from torch import Tensor


def weighted_cross_entropy(logits: Tensor, labels: Tensor, weights: Tensor, *, smoothing: float = 0.0) -> Tensor:
    """Σ wᵢ·CEᵢ / Σ wᵢ over a batch: logits (B, classes), labels (B,), weights (B,) ≥ 0; a scalar."""
    each = F.cross_entropy(logits.float(), labels, reduction="none", label_smoothing=smoothing)
    return (each * weights).sum() / weights.sum().clamp_min(1e-12)
