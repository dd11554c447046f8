"""MobileNetV1 (Howard et al. 2017): depthwise convolutions and 1×1 ones in turn."""

from collections import OrderedDict
from typing import TYPE_CHECKING

from core.models.adapters import linear_head

if TYPE_CHECKING:
    from torch import nn

# (channels that leave, stride) of each pair
PAIRS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))


def mobilenet_v1(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """Logits (B, classes) of (B, channels, size, size)."""
    from torch import nn
    from torchvision.ops import Conv2dNormActivation

    layers: list[nn.Module] = [Conv2dNormActivation(channels, 32, stride=2)]
    entering = 32
    for leaving, stride in PAIRS:
        layers.append(Conv2dNormActivation(entering, entering, stride=stride, groups=entering))
        layers.append(Conv2dNormActivation(entering, leaving, kernel_size=1))
        entering = leaving
    return nn.Sequential(
        OrderedDict(
            features=nn.Sequential(*layers),  # (B, 1024, h, w)
            pool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            head=linear_head(entering, classes, dropout),
        )
    )
