"""A CNN with self-attention over its feature map before pooling."""

import torch
from torch import Tensor, nn

from core.models.small_cnn import trunk


class CNNWithSelfAttention(nn.Module):
    """trunk → 1×1 projection → + position → multi-head self-attention (pre-norm, residual) → mean → linear.

    The attention is an `nn.MultiheadAttention` without class token: a hook that requests its weights gets (B, heads,
    cells, cells), rows are queries and columns keys.
    """

    def __init__(self, channels: int, classes: int, size: int, dropout: float, *, heads: int, head_width: int) -> None:
        """Build for images (B, channels, size, size)."""
        super().__init__()
        width = heads * head_width
        self.trunk, trunk_width = trunk(channels, size)
        self.project = nn.Conv2d(trunk_width, width, 1)
        self.norm = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Dropout(dropout), nn.Linear(width, classes))

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (B, classes)."""
        cells = self.project(self.trunk(images))  # (B, width, h, w)
        tokens = (cells + sinusoidal_position_2d(cells)).flatten(2).transpose(1, 2)  # (B, h·w, width)
        normed = self.norm(tokens)
        tokens = tokens + self.attention(normed, normed, normed, need_weights=False)[0]
        logits: Tensor = self.head(tokens.mean(dim=1))
        return logits


def sinusoidal_position_2d(cells: Tensor) -> Tensor:
    """Return sines and cosines of row and column (1, width, h, w) as in Vaswani et al. 2017, per axis.

    Width % 4 == 0.
    """
    _, width, rows, columns = cells.shape
    quarter = width // 4
    rates = 10000.0 ** (-torch.arange(quarter, device=cells.device, dtype=torch.float32) / quarter)
    row = torch.outer(rates, torch.arange(rows, device=cells.device, dtype=torch.float32))  # (quarter, h)
    column = torch.outer(rates, torch.arange(columns, device=cells.device, dtype=torch.float32))  # (quarter, w)
    parts = [one[:, :, None].expand(-1, -1, columns) for one in (row.sin(), row.cos())]
    parts += [one[:, None, :].expand(-1, rows, -1) for one in (column.sin(), column.cos())]
    return torch.cat(parts)[None].to(cells.dtype)
