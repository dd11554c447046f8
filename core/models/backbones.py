"""torchvision's networks from scratch: any number of channels, our own last layer. Nothing is downloaded."""

from collections import OrderedDict
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from torch import nn


def resnet18(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """ResNet-18 (He et al. 2016). Logits (B, classes) of (B, channels, size, size)."""
    from torchvision import models

    module = models.resnet18(weights=None)
    module.fc = _head(512, classes, dropout)
    return _entered(module, channels)


def densenet121(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """DenseNet-121 (Huang et al. 2017). Logits (B, classes) of (B, channels, size, size)."""
    from torch import nn
    from torchvision import models

    features = models.densenet121(weights=None).features
    # torchvision puts this ReLU behind `features`, in place, under the hands of whoever hooked that layer
    features.add_module("relu5", nn.ReLU())
    whole = nn.Sequential(
        OrderedDict(
            features=features,  # (B, 1024, h, w)
            pool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            head=_head(1024, classes, dropout),
        )
    )
    return _entered(whole, channels)


def mobilenet_v2(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """MobileNet V2 (Sandler et al. 2018). Logits (B, classes) of (B, channels, size, size)."""
    from torchvision import models

    module = models.mobilenet_v2(weights=None)
    module.classifier = _head(1280, classes, dropout)
    return _entered(module, channels)


def efficientnet_b0(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """EfficientNet-B0 (Tan & Le 2019). Logits (B, classes) of (B, channels, size, size)."""
    from torchvision import models

    module = models.efficientnet_b0(weights=None)
    module.classifier = _head(1280, classes, dropout)
    return _entered(module, channels)


def resnet18_target(module: "nn.Module") -> "nn.Module":
    """The last residual stage."""
    return module.get_submodule("layer4")


def features_target(module: "nn.Module") -> "nn.Module":
    """The last feature map before pooling."""
    return module.get_submodule("features")


def _head(width: int, classes: int, dropout: float) -> "nn.Module":
    from torch import nn

    return nn.Sequential(nn.Dropout(dropout), nn.Linear(width, classes))


def _entered(module: object, channels: int) -> "nn.Module":
    """The module with its first convolution rebuilt for `channels`."""
    from torch import nn

    network = cast("nn.Module", module)
    name, first = next((name, one) for name, one in network.named_modules() if isinstance(one, nn.Conv2d))
    if first.in_channels == channels:
        return network
    fresh = nn.Conv2d(channels, first.out_channels, cast("tuple[int, int]", first.kernel_size),
                      stride=cast("tuple[int, int]", first.stride), padding=cast("tuple[int, int]", first.padding),
                      bias=first.bias is not None)  # fmt: skip
    nn.init.kaiming_normal_(fresh.weight, mode="fan_out", nonlinearity="relu")
    network.set_submodule(name, fresh)
    return network
