"""Builders of networks of several images per case; they import torch only when called."""

from typing import TYPE_CHECKING, Any

from core.lazy_modules import LazyModule
from core.models.adapters import linear_head
from core.models.encoders import encoder as reader

if TYPE_CHECKING:
    from torch import nn

    from core.models import attention_mil as models_attention_mil
    from core.models import fusion, resnet3d, slice_gru
else:
    models_attention_mil = LazyModule("core.models.attention_mil")
    fusion = LazyModule("core.models.fusion")
    slice_gru = LazyModule("core.models.slice_gru")
    resnet3d = LazyModule("core.models.resnet3d")


def attention_mil(
    channels: int, outputs: int, size: int, dropout: float, *, encoder: str = "small_cnn", **shape: Any
) -> "nn.Module":
    """Build gated attention over a bag: logits (B, outputs) of (B, V, channels, size, size), absent images all NaN."""
    return models_attention_mil.AttentionMIL(reader(encoder, channels, size, **shape), outputs, dropout)


def late_fusion(
    channels: int, outputs: int, size: int, dropout: float, *, encoder: str = "small_cnn", **shape: Any
) -> "nn.Module":
    """Build late fusion of two views: logits (B, outputs) of (B, 2, channels, size, size)."""
    return fusion.LateFusion(_pair(encoder, channels, size, **shape), outputs, dropout)


def cross_attention(
    channels: int, outputs: int, size: int, dropout: float, *, encoder: str = "small_cnn", **shape: Any
) -> "nn.Module":
    """Build cross-attention between two views: logits (B, outputs) of (B, 2, channels, size, size)."""
    return fusion.CrossAttention(_pair(encoder, channels, size, **shape), outputs, dropout)


def cnn_gru(
    channels: int, outputs: int, size: int, dropout: float, *, encoder: str = "small_cnn", **shape: Any
) -> "nn.Module":
    """Build a slice encoder with a GRU and mean pooling: logits (B, outputs) of (B, V, channels, size, size)."""
    return slice_gru.SliceGRU(reader(encoder, channels, size, **shape), outputs, dropout, attentive=False)


def cnn_gru_attention(
    channels: int, outputs: int, size: int, dropout: float, *, encoder: str = "small_cnn", **shape: Any
) -> "nn.Module":
    """Build a slice encoder with a GRU and attention pooling: logits (B, outputs) of (B, V, channels, size, size)."""
    return slice_gru.SliceGRU(reader(encoder, channels, size, **shape), outputs, dropout, attentive=True)


def resnet3d_18(channels: int, outputs: int, size: int, dropout: float) -> "nn.Module":  # noqa: ARG001
    """Build 3-D ResNet-18 (Tran et al. 2018): logits (B, outputs) of (B, V, channels, size, size)."""
    return resnet3d.Volume(channels, linear_head(512, outputs, dropout))


def encoder_target(module: "nn.Module") -> "nn.Module":
    """Return the layer of the last feature map of each image, (P, width, h, w) for the present images."""
    return module.get_submodule("encoder")


def volume_target(module: "nn.Module") -> "nn.Module":
    """Return the layer of the last feature map of the volume, (B, width, slices, h, w)."""
    return module.get_submodule("layer4")


def _pair(encoder: str, channels: int, size: int, **shape: Any) -> "fusion.TwoViewEncoder":
    return fusion.TwoViewEncoder(reader(encoder, channels, size, **shape), reader(encoder, channels, size, **shape))
