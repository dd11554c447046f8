"""How images enter a network and answers leave it, whoever designed what lies between."""

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from torch import nn


def linear_head(width: int, classes: int, dropout: float) -> "nn.Module":
    """Dropout and one layer to the classes."""
    from torch import nn

    return nn.Sequential(nn.Dropout(dropout), nn.Linear(width, classes))


def adapt_first_conv(module: object, channels: int) -> "nn.Module":
    """The module with its first convolution rebuilt for `channels`."""
    from torch import nn

    network = cast("nn.Module", module)
    name, first = next((name, one) for name, one in network.named_modules() if isinstance(one, nn.Conv2d))
    if first.in_channels == channels:
        return network
    fresh = nn.Conv2d(
        channels,
        first.out_channels,
        cast("tuple[int, int]", first.kernel_size),
        stride=cast("tuple[int, int]", first.stride),
        padding=cast("tuple[int, int]", first.padding),
        bias=first.bias is not None,
    )
    nn.init.kaiming_normal_(fresh.weight, mode="fan_out", nonlinearity="relu")
    network.set_submodule(name, fresh)
    return network
