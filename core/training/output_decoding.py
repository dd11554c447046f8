"""Decoding of network outputs to probabilities or values, head by head."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.models.heads import Head, head_slices

if TYPE_CHECKING:
    from torch import Tensor


def decode_outputs(heads: Sequence[Head], logits: "Tensor") -> "Tensor":
    """Return all heads' values side by side (B, answers) float64: probabilities of classes or findings, or a value."""
    import torch

    decoded = [
        decode_head(head, logits[:, part].double())
        for head, part in zip(heads, head_slices(heads, "outputs"), strict=True)
    ]
    return torch.cat(decoded, dim=1)


def decode_head(head: Head, logits: "Tensor") -> "Tensor":
    """Return the values (B, answers) of one head from its outputs (B, outputs)."""
    if head.kind == "single":
        return logits.softmax(dim=1)
    if head.kind == "multi":
        return logits.sigmoid()
    if head.kind == "number":
        return logits * head.deviation + head.mean
    return ordinal_probabilities(logits.sigmoid())


def ordinal_probabilities(above: "Tensor") -> "Tensor":
    """Return probabilities of ordered classes (B, n) from those of being above each but the last (B, n - 1).

    Being above the third implies being above the second, so the probabilities are first made non-increasing.
    """
    import torch

    monotone = above.cummin(dim=1).values
    edges = torch.cat([torch.ones_like(monotone[:, :1]), monotone, torch.zeros_like(monotone[:, :1])], dim=1)
    return edges[:, :-1] - edges[:, 1:]
