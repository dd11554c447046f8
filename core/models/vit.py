"""Vision transformers (Dosovitskiy et al. 2021; small ones Touvron et al. 2021) with a patch size fitting the image."""

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from torch import nn

LAYERS = 12
HEAD_WIDTH = 64


def patch_size(size: int) -> int:
    """Return the edge of a token's square patch in pixels: 49 to 196 tokens from 28 to 224 px."""
    if size <= 32:
        return 4
    return 8 if size <= 64 else 16


def vit_tiny(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":
    """Build ViT-Tiny, width 192, 3 heads: logits (B, classes), `size` a multiple of the patch."""
    return _vit(channels, classes, size, dropout, width=192)


def vit_small(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":
    """Build ViT-Small, width 384, 6 heads: logits (B, classes), `size` a multiple of the patch."""
    return _vit(channels, classes, size, dropout, width=384)


def vit_base(channels: int, classes: int, size: int, dropout: float) -> "nn.Module":
    """Build ViT-Base, width 768, 12 heads: logits (B, classes), `size` a multiple of the patch."""
    return _vit(channels, classes, size, dropout, width=768)


def _vit(channels: int, classes: int, size: int, dropout: float, *, width: int) -> "nn.Module":
    from torch import nn
    from torchvision.models import VisionTransformer

    patch = patch_size(size)
    module = VisionTransformer(
        image_size=size,
        patch_size=patch,
        num_layers=LAYERS,
        num_heads=width // HEAD_WIDTH,
        hidden_dim=width,
        mlp_dim=4 * width,
        num_classes=classes,
    )
    module.heads = nn.Sequential(nn.Dropout(dropout), module.heads)
    if channels != 3:
        module.conv_proj = nn.Conv2d(channels, width, patch, stride=patch)
        nn.init.trunc_normal_(module.conv_proj.weight, std=(channels * patch * patch) ** -0.5)
        nn.init.zeros_(cast("nn.Parameter", module.conv_proj.bias))
    return cast("nn.Module", module)
