"""MODELS: every network that can be trained, said once. Builders import torch only when called."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import NotFound
from core.models import attention, backbones, cnn, vit

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One network: what it is, what it suits, how it is made.

    `build(channels, classes, size, dropout)` gives a module from (B, channels, size, size) to logits (B, classes).
    `target_layer(module)` is the layer Grad-CAM reads, None where it does not apply.
    Sizes are edges in pixels; an image below `least_size` is upsampled to it on the device.
    """

    name: str
    title: str
    summary: str
    family: str  # "cnn" | "attention"
    least_size: int
    default_size: int
    build: "Callable[[int, int, int, float], nn.Module]"
    target_layer: "Callable[[nn.Module], nn.Module | None]"
    explainers: tuple[str, ...]


_ENTRIES = (
    ModelEntry(
        "small_cnn", "Small CNN", "Three blocks of 3×3 convolutions; trains in seconds, a first look at any data.",
        "cnn", 16, 64, cnn.small_cnn, cnn.last_block, ("gradcam",),
    ),
    ModelEntry(
        "resnet18", "ResNet-18", "Residual network of 18 layers; the baseline most papers compare with.",
        "cnn", 64, 224, backbones.resnet18, backbones.resnet18_target, ("gradcam",),
    ),
    ModelEntry(
        "densenet121", "DenseNet-121", "Densely connected network; common for chest X-rays, slow on a CPU.",
        "cnn", 64, 224, backbones.densenet121, backbones.features_target, ("gradcam",),
    ),
    ModelEntry(
        "mobilenet_v2", "MobileNet V2", "Small and quick network made for phones; a light second opinion.",
        "cnn", 64, 224, backbones.mobilenet_v2, backbones.features_target, ("gradcam",),
    ),
    ModelEntry(
        "efficientnet_b0", "EfficientNet-B0", "Few weights for its accuracy; from scratch it wants more epochs.",
        "cnn", 64, 224, backbones.efficientnet_b0, backbones.features_target, ("gradcam",),
    ),
    ModelEntry(
        "cnn_attention", "CNN with attention", "A small CNN whose feature map attends to itself: 8 heads of 64.",
        "attention", 28, 64, attention.cnn_attention, attention.trunk_target, ("rollout", "gradcam"),
    ),
    ModelEntry(
        "vit_tiny", "ViT-Tiny", "Vision transformer, width 192, 3 heads, 12 layers; needs much data or many epochs.",
        "attention", 28, 224, vit.vit_tiny, attention.no_target, ("rollout",),
    ),
)  # fmt: skip

MODELS: dict[str, ModelEntry] = {one.name: one for one in _ENTRIES}


def entry(name: str) -> ModelEntry:
    """The model of that name.

    Raises:
        NotFound: no model has that name.
    """
    if name not in MODELS:
        raise NotFound(f"There is no model '{name}'; choose one of {', '.join(MODELS)}.")
    return MODELS[name]
