"""A small configurable CNN: blocks of convolution, norm, ReLU and pooling, then global pooling and a head."""

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

FIRST, MOST = 32, 512  # channels of the first block, and the largest number
LEAST_EDGE = 14  # smaller feature maps are not halved again, unless `blocks` requires it
POOLINGS = ("max", "average")
NORMS = ("batch", "instance", "none")


def small_cnn(
    channels: int,
    classes: int,
    size: int,
    dropout: float,
    *,
    kernel_size: int = 3,
    blocks: int = 0,
    pooling: str = "max",
    norm: str = "batch",
    dense: int = 0,
) -> "nn.Module":
    """Build the small CNN: logits (B, classes) of (B, channels, size, size).

    With `blocks` 0 the last map has 7 to 14 cells per edge; `dense` > 0 adds a hidden layer before the last.
    """
    from torch import nn

    features, width = trunk(channels, size, kernel_size=kernel_size, blocks=blocks, pooling=pooling, norm=norm)
    hidden = OrderedDict(dense=nn.Linear(width, dense), relu=nn.ReLU()) if dense else OrderedDict()
    return nn.Sequential(
        OrderedDict(
            features=features,  # (B, width, h, w)
            pool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            **hidden,
            dropout=nn.Dropout(dropout),
            head=nn.Linear(dense or width, classes),
        )
    )


def trunk(
    channels: int, size: int, *, kernel_size: int = 3, blocks: int = 0, pooling: str = "max", norm: str = "batch"
) -> "tuple[nn.Sequential, int]":
    """Build the convolutions from (B, channels, size, size) to (B, width, h, w), and return them with the width.

    Each block but the last halves the edge; the width doubles from 32 up to 512.
    """
    from torch import nn

    halve: Callable[[], nn.Module] = (lambda: nn.MaxPool2d(2)) if pooling == "max" else (lambda: nn.AvgPool2d(2))
    layers: list[nn.Module] = []
    in_channels, width, edge = channels, FIRST, size
    for _ in range(_halvings(size, blocks)):
        layers += [*_block(in_channels, width, kernel_size, norm), halve()]
        in_channels, width, edge = width, min(width * 2, MOST), edge // 2
    return nn.Sequential(*layers, *_block(in_channels, width, kernel_size, norm)), width


def last_block(module: "nn.Module") -> "nn.Module":
    """Return the layer of the last feature map before pooling."""
    return module.get_submodule("features")


def _halvings(size: int, blocks: int) -> int:
    """Return how often the edge is halved: as `blocks` requires, else down to a map of 7 to 14 cells."""
    limit = max(0, size.bit_length() - 1)
    if blocks:
        return min(blocks - 1, limit)
    count, edge, width = 0, size, FIRST
    while edge >= LEAST_EDGE and width < MOST:
        count, edge, width = count + 1, edge // 2, width * 2
    return count


def _block(in_channels: int, out_channels: int, kernel_size: int, norm: str) -> "list[nn.Module]":
    from torch import nn

    # no bias where the following norm has one, or removes the mean
    convolution = nn.Conv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2, bias=norm == "none")
    norms: dict[str, Callable[[], list[nn.Module]]] = {
        "batch": lambda: [nn.BatchNorm2d(out_channels)],
        "instance": lambda: [nn.InstanceNorm2d(out_channels, affine=True)],
        "none": list,
    }
    return [convolution, *norms[norm](), nn.ReLU()]
