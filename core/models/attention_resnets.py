"""torchvision's ResNets with squeeze-and-excitation or CBAM in every block."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torchvision import models
from torchvision.ops import SqueezeExcitation

REDUCTION = 16
SPATIAL_KERNEL = 7
STAGES = ("layer1", "layer2", "layer3", "layer4")


class CBAM(nn.Module):
    """Convolutional block attention module (Woo et al. 2018): over channels, then over positions."""

    def __init__(self, width: int) -> None:
        """Build for feature maps (B, width, h, w)."""
        super().__init__()
        self.channels = nn.Sequential(
            nn.Conv2d(width, width // REDUCTION, 1), nn.ReLU(), nn.Conv2d(width // REDUCTION, width, 1)
        )
        self.places = nn.Conv2d(2, 1, SPATIAL_KERNEL, padding=SPATIAL_KERNEL // 2)

    def forward(self, cells: Tensor) -> Tensor:
        """Return the feature map weighted by attention."""
        channel_attention = self.channels(cells.mean((2, 3), keepdim=True)) + self.channels(
            cells.amax((2, 3), keepdim=True)
        )
        cells = cells * channel_attention.sigmoid()
        spatial_attention: Tensor = self.places(
            torch.cat([cells.mean(1, keepdim=True), cells.amax(1, keepdim=True)], dim=1)
        )
        return cells * spatial_attention.sigmoid()


def se_resnet50() -> nn.Module:
    """Build SE-ResNet-50 (Hu et al. 2018) for 1,000 classes and three channels."""
    return _insert_attention(
        models.resnet50(weights=None), "bn3", lambda width: SqueezeExcitation(width, width // REDUCTION)
    )


def cbam_resnet18() -> nn.Module:
    """Build ResNet-18 with CBAM for 1,000 classes and three channels."""
    return _insert_attention(models.resnet18(weights=None), "bn2", CBAM)


def _insert_attention(network: Any, last: str, attention: Callable[[int], nn.Module]) -> nn.Module:
    """Insert attention after the last norm of each block, before the residual addition."""
    for block in (block for stage in STAGES for block in getattr(network, stage)):
        norm = getattr(block, last)
        setattr(block, last, nn.Sequential(norm, attention(norm.num_features)))
    result: nn.Module = network
    return result
