"""A CNN whose feature map attends to itself before it is pooled."""

import torch
from torch import Tensor, nn

from core.models.small_cnn import trunk


class CNNWithSelfAttention(nn.Module):
    """trunk → 1×1 projection → + position → multi-head self-attention (pre-norm, residual) → mean → linear.

    The attention is an `nn.MultiheadAttention` without class token: a hook that asks it for its weights gets
    (B, heads, cells, cells), row = the cell that looks, column = the cell looked at.
    """

    def __init__(self, channels: int, classes: int, size: int, dropout: float, *, heads: int, head_width: int) -> None:
        """For images (B, channels, size, size)."""
        super().__init__()
        width = heads * head_width
        self.trunk, leaving = trunk(channels, size)
        self.project = nn.Conv2d(leaving, width, 1)
        self.norm = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Dropout(dropout), nn.Linear(width, classes))

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, classes)."""
        cells = self.project(self.trunk(images))  # (B, width, h, w)
        tokens = (cells + sinusoidal_position_2d(cells)).flatten(2).transpose(1, 2)  # (B, h·w, width)
        asked = self.norm(tokens)
        tokens = tokens + self.attention(asked, asked, asked, need_weights=False)[0]
        logits: Tensor = self.head(tokens.mean(dim=1))
        return logits


def sinusoidal_position_2d(cells: Tensor) -> Tensor:
    """Sines and cosines of row and column (1, width, h, w), like Vaswani et al. 2017 once per axis; width % 4 == 0."""
    _, width, rows, columns = cells.shape
    quarter = width // 4
    rates = 10000.0 ** (-torch.arange(quarter, device=cells.device, dtype=torch.float32) / quarter)
    row = torch.outer(rates, torch.arange(rows, device=cells.device, dtype=torch.float32))  # (quarter, h)
    column = torch.outer(rates, torch.arange(columns, device=cells.device, dtype=torch.float32))  # (quarter, w)
    parts = [one[:, :, None].expand(-1, -1, columns) for one in (row.sin(), row.cos())]
    parts += [one[:, None, :].expand(-1, rows, -1) for one in (column.sin(), column.cos())]
    return torch.cat(parts)[None].to(cells.dtype)
