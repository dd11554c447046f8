"""A small CNN: blocks of 3×3 convolution, batch norm, ReLU and max pooling, then the mean of the map and one layer."""

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


def small_cnn(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":
    """Logits (B, classes) of (B, channels, size, size)."""
    from torch import nn

    features, width = trunk(channels, size)
    return nn.Sequential(
        OrderedDict(
            features=features,  # (B, width, h, w)
            pool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            dropout=nn.Dropout(dropout),
            head=nn.Linear(width, classes),
        )
    )


def trunk(channels: int, size: int) -> "tuple[nn.Sequential, int]":
    """Convolutions from (B, channels, size, size) to a map (B, width, h, w), and its width.

    Each block but the last halves the edge; there are as many blocks as leave a map of 7 to 14 cells an edge.
    """
    from torch import nn

    layers: list[nn.Module] = []
    entering, width, edge = channels, 32, size
    while edge >= 14 and width < 512:
        layers += [*_block(entering, width), nn.MaxPool2d(2)]
        entering, width, edge = width, width * 2, edge // 2
    return nn.Sequential(*layers, *_block(entering, width)), width


def last_block(module: "nn.Module") -> "nn.Module":
    """The last feature map before pooling."""
    return module.get_submodule("features")


def _block(entering: int, leaving: int) -> "list[nn.Module]":
    from torch import nn

    # without a bias: the batch norm behind it has one
    return [nn.Conv2d(entering, leaving, 3, padding=1, bias=False), nn.BatchNorm2d(leaving), nn.ReLU()]
