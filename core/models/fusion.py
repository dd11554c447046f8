"""Fusion of two views of a case, late or by cross-attention."""

import torch
from torch import Tensor, nn

from core.models.cnn_attention import sinusoidal_position_2d
from core.models.multi_image_layers import Encoder

WIDTH = 128
HEADS = 4


class TwoViewEncoder(nn.Module):
    """A separate encoder for each of two views."""

    def __init__(self, first: Encoder, second: Encoder) -> None:
        """Combine two encoders of equal width."""
        super().__init__()
        self.encoders = nn.ModuleList([first, second])
        self.width = first.width

    def forward(self, images: Tensor) -> Tensor:
        """Return maps (B·2, width, h, w) of (B, 2, C, S, S), the two of a case next to each other."""
        maps = [encoder(images[:, view]) for view, encoder in enumerate(self.encoders)]
        return torch.stack(maps, dim=1).flatten(0, 1)


class LateFusion(nn.Module):
    """Each view encoded alone, the means of their feature maps concatenated, one linear layer."""

    def __init__(self, encoder: TwoViewEncoder, outputs: int, dropout: float) -> None:
        """Build for two views (B, 2, C, S, S)."""
        super().__init__()
        self.encoder = encoder
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * encoder.width, outputs))

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (B, outputs)."""
        features = self.encoder(images).mean((2, 3)).unflatten(0, (-1, 2))  # (B, 2, width)
        logits: Tensor = self.head(features.flatten(1))
        return logits


class CrossAttention(nn.Module):
    """Cross-attention between two views: queries from each view, keys and values from the other.

    Cells carry a sinusoidal position (Vaswani et al. 2017) and a learned embedding of their view. Pre-norm and
    residual. `first` and `second` are `nn.MultiheadAttention`: a hook that requests their weights gets (B, heads,
    cells, cells), rows are queries and columns keys in the other view.
    """

    def __init__(self, encoder: TwoViewEncoder, outputs: int, dropout: float) -> None:
        """Build for two views (B, 2, C, S, S)."""
        super().__init__()
        self.encoder = encoder
        self.project = nn.Conv2d(encoder.width, WIDTH, 1)
        self.view = nn.Parameter(0.02 * torch.randn(2, 1, WIDTH))
        self.norm = nn.LayerNorm(WIDTH)
        self.first = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.second = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.head = nn.Sequential(nn.LayerNorm(2 * WIDTH), nn.Dropout(dropout), nn.Linear(2 * WIDTH, outputs))

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (B, outputs)."""
        cells = self.project(self.encoder(images))  # (B·2, WIDTH, h, w)
        tokens = (
            (cells + sinusoidal_position_2d(cells)).flatten(2).transpose(1, 2).unflatten(0, (-1, 2))
        )  # (B, 2, h·w, WIDTH)
        left, right = (tokens + self.view).unbind(dim=1)
        normed_left, normed_right = self.norm(left), self.norm(right)
        left = left + self.first(normed_left, normed_right, normed_right, need_weights=False)[0]
        right = right + self.second(normed_right, normed_left, normed_left, need_weights=False)[0]
        logits: Tensor = self.head(torch.cat([left.mean(dim=1), right.mean(dim=1)], dim=1))
        return logits
