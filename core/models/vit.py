"""ViT-Tiny: width 192, 3 heads, 12 layers (Touvron et al. 2021), patches that fit the image."""

from typing import TYPE_CHECKING, cast

from core.models.size import patch_size

if TYPE_CHECKING:
    from torch import nn


def vit_tiny(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":
    """Logits (B, classes) of (B, channels, size, size); `size` is a multiple of its patch."""
    from torch import nn
    from torchvision.models import VisionTransformer

    patch = patch_size(size)
    module = VisionTransformer(image_size=size, patch_size=patch, num_layers=12, num_heads=3, hidden_dim=192,
                               mlp_dim=768, num_classes=classes)  # fmt: skip
    module.heads = nn.Sequential(nn.Dropout(dropout), module.heads)
    if channels != 3:
        module.conv_proj = nn.Conv2d(channels, 192, patch, stride=patch)
        nn.init.trunc_normal_(module.conv_proj.weight, std=(channels * patch * patch) ** -0.5)
        nn.init.zeros_(cast("nn.Parameter", module.conv_proj.bias))
    return cast("nn.Module", module)
