"""torchvision's networks with random weights, any number of channels and our own last layer. Nothing is downloaded."""

from collections import OrderedDict
from typing import TYPE_CHECKING

from core.models.adapters import adapt_first_conv, linear_head

if TYPE_CHECKING:
    from torch import nn


def resnet18(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """Build ResNet-18 (He et al. 2016): logits (B, classes) of (B, channels, size, size)."""
    from torchvision import models

    module = models.resnet18(weights=None)
    module.fc = linear_head(512, classes, dropout)
    return adapt_first_conv(module, channels)


def densenet121(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """Build DenseNet-121 (Huang et al. 2017): logits (B, classes) of (B, channels, size, size)."""
    from torch import nn
    from torchvision import models

    features = models.densenet121(weights=None).features
    # torchvision applies this ReLU in place after `features`, which would change the output seen by hooks
    features.add_module("relu5", nn.ReLU())
    network = nn.Sequential(
        OrderedDict(
            features=features,  # (B, 1024, h, w)
            pool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            head=linear_head(1024, classes, dropout),
        )
    )
    return adapt_first_conv(network, channels)


def mobilenet_v2(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """Build MobileNet V2 (Sandler et al. 2018): logits (B, classes) of (B, channels, size, size)."""
    from torchvision import models

    module = models.mobilenet_v2(weights=None)
    module.classifier = linear_head(1280, classes, dropout)
    return adapt_first_conv(module, channels)


def efficientnet_b0(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """Build EfficientNet-B0 (Tan & Le 2019): logits (B, classes) of (B, channels, size, size)."""
    from torchvision import models

    module = models.efficientnet_b0(weights=None)
    module.classifier = linear_head(1280, classes, dropout)
    return adapt_first_conv(module, channels)


def resnet50(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """Build ResNet-50 (He et al. 2016): logits (B, classes) of (B, channels, size, size)."""
    from torchvision import models

    module = models.resnet50(weights=None)
    module.fc = linear_head(2048, classes, dropout)
    return adapt_first_conv(module, channels)


def efficientnet_v2_s(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """Build EfficientNetV2-S (Tan & Le 2021): logits (B, classes) of (B, channels, size, size)."""
    from torchvision import models

    module = models.efficientnet_v2_s(weights=None)
    module.classifier = linear_head(1280, classes, dropout)
    return adapt_first_conv(module, channels)


def convnext_tiny(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """Build ConvNeXt-T (Liu et al. 2022): logits (B, classes) of (B, channels, size, size)."""
    from torchvision import models

    module = models.convnext_tiny(weights=None)
    module.classifier[2] = linear_head(768, classes, dropout)
    return adapt_first_conv(module, channels)


def resnet_target(module: "nn.Module") -> "nn.Module":
    """Return the last residual stage."""
    return module.get_submodule("layer4")


def features_target(module: "nn.Module") -> "nn.Module":
    """Return the layer of the last feature map before pooling."""
    return module.get_submodule("features")
