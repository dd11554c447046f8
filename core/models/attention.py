"""Networks that attend: builders only, so that the table stays free of torch."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

HEADS = 8
HEAD_WIDTH = 64


def cnn_attention(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":
    """A CNN trunk and one layer of multi-head self-attention over its map: logits (B, classes)."""
    from core.models.attending import AttendingCNN

    return AttendingCNN(channels, classes, size, dropout, heads=HEADS, head_width=HEAD_WIDTH)


def trunk_target(module: "nn.Module") -> "nn.Module":
    """The feature map before it attends to itself."""
    return module.get_submodule("trunk")


def no_target(module: "nn.Module") -> None:
    """Grad-CAM does not apply: there is no convolutional map to read."""
