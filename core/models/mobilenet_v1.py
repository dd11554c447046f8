"""MobileNetV1 (Howard et al. 2017): alternating depthwise and 1×1 convolutions."""

from collections import OrderedDict
from typing import TYPE_CHECKING

from core.models.adapters import linear_head

if TYPE_CHECKING:
    from torch import nn

# (output channels, stride) of each pair
PAIRS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))


def mobilenet_v1(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """Build MobileNetV1: logits (B, classes) of (B, channels, size, size)."""
    from torch import nn
    from torchvision.ops import Conv2dNormActivation

    layers: list[nn.Module] = [Conv2dNormActivation(channels, 32, stride=2)]
    in_channels = 32
    for out_channels, stride in PAIRS:
        layers.append(Conv2dNormActivation(in_channels, in_channels, stride=stride, groups=in_channels))
        layers.append(Conv2dNormActivation(in_channels, out_channels, kernel_size=1))
        in_channels = out_channels
    return nn.Sequential(
        OrderedDict(
            features=nn.Sequential(*layers),  # (B, 1024, h, w)
            pool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            head=linear_head(in_channels, classes, dropout),
        )
    )
