"""A small CNN with its shape on the form: blocks of convolution, norm, ReLU and pooling, then a mean and a head."""

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

FIRST, MOST = 32, 512  # channels of the first block, and the most that any has
LEAST_EDGE = 14  # a map that is smaller than this is not halved again, unless `blocks` asks for it
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
    """Logits (B, classes) of (B, channels, size, size).

    `blocks` 0 takes as many as leave a map of 7 to 14 cells an edge; `dense` > 0 puts a hidden layer before the last.
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
    """Convolutions from (B, channels, size, size) to a map (B, width, h, w), and its width.

    Each block but the last halves the edge; the width doubles from 32 up to 512.
    """
    from torch import nn

    halve: Callable[[], nn.Module] = (lambda: nn.MaxPool2d(2)) if pooling == "max" else (lambda: nn.AvgPool2d(2))
    layers: list[nn.Module] = []
    entering, width, edge = channels, FIRST, size
    for _ in range(_halvings(size, blocks)):
        layers += [*_block(entering, width, kernel_size, norm), halve()]
        entering, width, edge = width, min(width * 2, MOST), edge // 2
    return nn.Sequential(*layers, *_block(entering, width, kernel_size, norm)), width


def last_block(module: "nn.Module") -> "nn.Module":
    """The last feature map before pooling."""
    return module.get_submodule("features")


def _halvings(size: int, blocks: int) -> int:
    """How often the edge is halved: as asked while a cell is left, else down to a map of 7 to 14 cells."""
    most = max(0, size.bit_length() - 1)
    if blocks:
        return min(blocks - 1, most)
    count, edge, width = 0, size, FIRST
    while edge >= LEAST_EDGE and width < MOST:
        count, edge, width = count + 1, edge // 2, width * 2
    return count


def _block(entering: int, leaving: int, kernel_size: int, norm: str) -> "list[nn.Module]":
    from torch import nn

    # without a bias where a norm behind it has one, or takes the mean away
    convolution = nn.Conv2d(entering, leaving, kernel_size, padding=kernel_size // 2, bias=norm == "none")
    between: dict[str, Callable[[], list[nn.Module]]] = {
        "batch": lambda: [nn.BatchNorm2d(leaving)],
        "instance": lambda: [nn.InstanceNorm2d(leaving, affine=True)],
        "none": list,
    }
    return [convolution, *between[norm](), nn.ReLU()]
