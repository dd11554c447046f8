"""Builders of networks with attention; they import torch only when called, so that the registry stays free of it."""

from typing import TYPE_CHECKING

from core.lazy_modules import LazyModule
from core.models.adapters import adapt_first_conv, linear_head

if TYPE_CHECKING:
    from torch import nn

    from core.models import attention_resnets
    from core.models import cnn_attention as models_cnn_attention
else:
    attention_resnets = LazyModule("core.models.attention_resnets")
    models_cnn_attention = LazyModule("core.models.cnn_attention")

HEADS = 8
HEAD_WIDTH = 64


def cnn_attention(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":
    """Build a CNN trunk with one layer of multi-head self-attention over its feature map: logits (B, classes)."""
    return models_cnn_attention.CNNWithSelfAttention(
        channels, classes, size, dropout, heads=HEADS, head_width=HEAD_WIDTH
    )


def se_resnet50(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """Build SE-ResNet-50 (Hu et al. 2018): logits (B, classes) of (B, channels, size, size)."""
    module = attention_resnets.se_resnet50()
    module.fc = linear_head(2048, classes, dropout)
    return adapt_first_conv(module, channels)


def cbam_resnet18(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """Build ResNet-18 with CBAM (Woo et al. 2018): logits (B, classes) of (B, channels, size, size)."""
    module = attention_resnets.cbam_resnet18()
    module.fc = linear_head(512, classes, dropout)
    return adapt_first_conv(module, channels)


def swin_tiny(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """Build Swin-T (Liu et al. 2021), shifted-window attention: logits (B, classes) of (B, channels, size, size)."""
    from torchvision import models

    module = models.swin_t(weights=None)
    module.head = linear_head(768, classes, dropout)
    return adapt_first_conv(module, channels)


def swin_target(module: "nn.Module") -> "nn.Module":
    """Return the layer of the last feature map, channels first."""
    return module.get_submodule("permute")


def trunk_target(module: "nn.Module") -> "nn.Module":
    """Return the layer of the feature map before self-attention."""
    return module.get_submodule("trunk")


def no_target(module: "nn.Module") -> None:
    """Return None: there is no convolutional feature map for Grad-CAM."""
