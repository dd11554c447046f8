"""What a network's outputs say, head by head."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.models.heads import Head, head_slices

if TYPE_CHECKING:
    from torch import Tensor


def decode_outputs(heads: Sequence[Head], logits: "Tensor") -> "Tensor":
    """Each head's numbers side by side (B, answers) float64: probabilities of classes or findings, or a value."""
    import torch

    told = [
        decode_head(head, logits[:, own].double())
        for head, own in zip(heads, head_slices(heads, "outputs"), strict=True)
    ]
    return torch.cat(told, dim=1)


def decode_head(head: Head, logits: "Tensor") -> "Tensor":
    """(B, outputs) → (B, answers) of one head."""
    if head.kind == "single":
        return logits.softmax(dim=1)
    if head.kind == "multi":
        return logits.sigmoid()
    if head.kind == "number":
        return logits * head.deviation + head.mean
    return ordinal_probabilities(logits.sigmoid())


def ordinal_probabilities(above: "Tensor") -> "Tensor":
    """Probabilities of ordered classes (B, n) from those of being above each but the last (B, n - 1).

    What is above the third is above the second too: a step that says more than the one before it says as much.
    """
    import torch

    steady = above.cummin(dim=1).values
    edges = torch.cat([torch.ones_like(steady[:, :1]), steady, torch.zeros_like(steady[:, :1])], dim=1)
    return edges[:, :-1] - edges[:, 1:]
