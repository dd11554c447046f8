"""torchvision's older networks with random weights, any number of channels and our own last layer."""

from typing import TYPE_CHECKING, cast

from core.models.adapters import adapt_first_conv, linear_head

if TYPE_CHECKING:
    from torch import nn


def alexnet(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """Build AlexNet (Krizhevsky 2014, one column): logits (B, classes) of (B, channels, size, size)."""
    from torchvision import models

    return _with_last(models.alexnet(weights=None, dropout=dropout), 4096, channels, classes, dropout)


def vgg11_bn(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """Build VGG-11 with batch norm (Simonyan & Zisserman 2015): logits (B, classes) of (B, channels, size, size)."""
    from torchvision import models

    return _with_last(models.vgg11_bn(weights=None, dropout=dropout), 4096, channels, classes, dropout)


def vgg16_bn(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """Build VGG-16 with batch norm (Simonyan & Zisserman 2015): logits (B, classes) of (B, channels, size, size)."""
    from torchvision import models

    return _with_last(models.vgg16_bn(weights=None, dropout=dropout), 4096, channels, classes, dropout)


def googlenet(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """Build GoogLeNet (Szegedy et al. 2015), no auxiliary heads: logits (B, classes) of (B, channels, size, size)."""
    from torchvision import models

    module = models.googlenet(weights=None, aux_logits=False, init_weights=True, dropout=0.0)
    module.fc = linear_head(1024, classes, dropout)
    return adapt_first_conv(module, channels)


def inception_v3(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """Build Inception-v3 (Szegedy et al. 2016), no auxiliary head: logits (B, classes) of (B, channels, size, size)."""
    from torchvision import models

    module = models.inception_v3(weights=None, aux_logits=False, init_weights=True, dropout=0.0)
    module.fc = linear_head(2048, classes, dropout)
    return adapt_first_conv(module, channels)


def before_last_pool(module: "nn.Module") -> "nn.Module":
    """Return the layer of the last feature map before the convolutions' own last pooling."""
    features = cast("nn.Sequential", module.get_submodule("features"))
    return features[len(features) - 2]


def googlenet_target(module: "nn.Module") -> "nn.Module":
    """Return the last inception block."""
    return module.get_submodule("inception5b")


def inception_target(module: "nn.Module") -> "nn.Module":
    """Return the last inception block."""
    return module.get_submodule("Mixed_7c")


def _with_last(module: object, width: int, channels: int, classes: int, dropout: float) -> "nn.Module":
    """Replace the classifier's last layer."""
    network = cast("nn.Module", module)
    classifier = cast("nn.Sequential", network.get_submodule("classifier"))
    classifier[len(classifier) - 1] = linear_head(width, classes, dropout)
    return adapt_first_conv(network, channels)
