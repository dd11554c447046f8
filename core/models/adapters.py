"""Adapters of a network's first convolution and last layer."""

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from torch import nn


def linear_head(width: int, classes: int, dropout: float) -> "nn.Module":
    """Return dropout followed by a linear layer to the classes."""
    from torch import nn

    return nn.Sequential(nn.Dropout(dropout), nn.Linear(width, classes))


def adapt_first_conv(module: object, channels: int) -> "nn.Module":
    """Replace the first convolution by one for `channels` input channels."""
    from torch import nn

    network = cast("nn.Module", module)
    name, first = next((name, layer) for name, layer in network.named_modules() if isinstance(layer, nn.Conv2d))
    if first.in_channels == channels:
        return network
    replacement = nn.Conv2d(
        channels,
        first.out_channels,
        cast("tuple[int, int]", first.kernel_size),
        stride=cast("tuple[int, int]", first.stride),
        padding=cast("tuple[int, int]", first.padding),
        bias=first.bias is not None,
    )
    nn.init.kaiming_normal_(replacement.weight, mode="fan_out", nonlinearity="relu")
    network.set_submodule(name, replacement)
    return network
