"""ENCODERS: networks that encode each image in models of several images. Builders import torch when called."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.lazy_modules import LazyModule
from core.models import small_cnn, torchvision_backbones

if TYPE_CHECKING:
    from torch import nn

    from core.models import multi_image_layers
else:
    multi_image_layers = LazyModule("core.models.multi_image_layers")

RESNET = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")
TRUNK = ("kernel_size", "blocks", "pooling", "norm")  # hyperparameters that shape the small CNN's feature map


@dataclass(frozen=True, slots=True)
class EncoderEntry:
    """A network of one image and its children, in order, that lead to the last feature map.

    Images whose edge is below `least_size` are upsampled to it first, as the network alone would have them.
    """

    name: str
    least_size: int
    build: "Callable[..., nn.Module]"
    parts: tuple[str, ...] = ("features",)
    knobs: tuple[str, ...] = ()


_ENTRIES = (
    EncoderEntry("small_cnn", 16, small_cnn.small_cnn, knobs=TRUNK),
    EncoderEntry("resnet18", 64, torchvision_backbones.resnet18, RESNET),
    EncoderEntry("resnet50", 64, torchvision_backbones.resnet50, RESNET),
    EncoderEntry("densenet121", 64, torchvision_backbones.densenet121),
    EncoderEntry("mobilenet_v2", 64, torchvision_backbones.mobilenet_v2),
    EncoderEntry("efficientnet_b0", 64, torchvision_backbones.efficientnet_b0),
    EncoderEntry("efficientnet_v2_s", 64, torchvision_backbones.efficientnet_v2_s),
    EncoderEntry("convnext_tiny", 64, torchvision_backbones.convnext_tiny),
)

ENCODERS: dict[str, EncoderEntry] = {one.name: one for one in _ENTRIES}


def encoder(name: str, channels: int, size: int, **shape: Any) -> "multi_image_layers.Encoder":
    """Build the encoder from images (P, channels, size, size) to maps (P, width, h, w).

    `shape` holds the small CNN's hyperparameters, see `TRUNK`.
    """
    entry = ENCODERS[name]
    settings = {knob: value for knob, value in shape.items() if knob in entry.knobs}
    network = entry.build(channels, 2, max(size, entry.least_size), 0.0, **settings)
    return multi_image_layers.Encoder(network, entry.parts, entry.least_size)
