"""Two views of a case, joined late or by looking at each other."""

import torch
from torch import Tensor, nn

from core.models.cnn_attention import sinusoidal_position_2d
from core.models.multi_image_layers import Encoder

WIDTH = 128
HEADS = 4


class TwoViewEncoder(nn.Module):
    """An encoder of its own for each of two views."""

    def __init__(self, first: Encoder, second: Encoder) -> None:
        """Of equal width."""
        super().__init__()
        self.encoders = nn.ModuleList([first, second])
        self.width = first.width

    def forward(self, images: Tensor) -> Tensor:
        """Maps (B·2, width, h, w) of (B, 2, C, S, S), those of a case side by side."""
        maps = [one(images[:, view]) for view, one in enumerate(self.encoders)]
        return torch.stack(maps, dim=1).flatten(0, 1)


class LateFusion(nn.Module):
    """Each view read alone, the means of their maps side by side, one layer over both."""

    def __init__(self, encoder: TwoViewEncoder, outputs: int, dropout: float) -> None:
        """For two views (B, 2, C, S, S)."""
        super().__init__()
        self.encoder = encoder
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * encoder.width, outputs))

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, outputs)."""
        features = self.encoder(images).mean((2, 3)).unflatten(0, (-1, 2))  # (B, 2, width)
        logits: Tensor = self.head(features.flatten(1))
        return logits


class CrossAttention(nn.Module):
    """The cells of each view's map ask those of the other (queries from one, keys and values from the other).

    Cells are told apart by their place (sines, as Vaswani et al. 2017) and by a learned vector of their view. Pre-norm
    and residual. `first` and `second` are `nn.MultiheadAttention`: a hook that asks them for their weights gets
    (B, heads, cells, cells), row = the cell that looks, column = the cell of the other view that is looked at.
    """

    def __init__(self, encoder: TwoViewEncoder, outputs: int, dropout: float) -> None:
        """For two views (B, 2, C, S, S)."""
        super().__init__()
        self.encoder = encoder
        self.project = nn.Conv2d(encoder.width, WIDTH, 1)
        self.view = nn.Parameter(0.02 * torch.randn(2, 1, WIDTH))
        self.norm = nn.LayerNorm(WIDTH)
        self.first = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.second = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.head = nn.Sequential(nn.LayerNorm(2 * WIDTH), nn.Dropout(dropout), nn.Linear(2 * WIDTH, outputs))

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, outputs)."""
        cells = self.project(self.encoder(images))  # (B·2, WIDTH, h, w)
        tokens = (
            (cells + sinusoidal_position_2d(cells)).flatten(2).transpose(1, 2).unflatten(0, (-1, 2))
        )  # (B, 2, h·w, WIDTH)
        one, other = (tokens + self.view).unbind(dim=1)
        asking, asked = self.norm(one), self.norm(other)
        one = one + self.first(asking, asked, asked, need_weights=False)[0]
        other = other + self.second(asked, asking, asking, need_weights=False)[0]
        logits: Tensor = self.head(torch.cat([one.mean(dim=1), other.mean(dim=1)], dim=1))
        return logits
