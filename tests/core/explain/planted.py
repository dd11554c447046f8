"""A network that is right by construction: the class is how bright the brightest square is, at a known place."""

from types import SimpleNamespace

import torch
from torch import nn

from core.models.heads import single_head

SIZE, CELL = 64, 8  # edge of the image and of one cell of the last map, in pixels


class Planted(nn.Module):
    """Two detectors of 8 × 8 squares, brighter and darker than grey; class 1 and 2 are their means, class 0 neither."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 2, 8, stride=8), nn.ReLU())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.head = nn.Linear(2, 3)
        with torch.no_grad():
            self.features[0].weight[0], self.features[0].weight[1] = 1 / 64, -1 / 64
            self.features[0].bias.fill_(-0.3)  # a square must stand out
            self.head.weight.copy_(400 * torch.tensor([[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]]))
            self.head.bias.zero_()

    def forward(self, images):
        return self.head(self.flatten(self.pool(self.features(images))))


def model():
    """As explainers meet a loaded model: its cases are tensors already; its name is that of a network built alike."""
    manifest = SimpleNamespace(
        model="small_cnn",
        heads=(single_head(("none", "bright", "dark")),),
        channels=1,
        size=SIZE,
        classes=("none", "bright", "dark"),
    )
    return SimpleNamespace(
        module=Planted().eval(), manifest=manifest, input_of=lambda images: images, device=torch.device("cpu")
    )


def image(bright=None, dark=None, noise=0.02, seed=0):
    """(1, 1, 64, 64): a bright and a dark square in the cells (row, column) that are named."""
    made = noise * torch.randn(1, 1, SIZE, SIZE, generator=torch.Generator().manual_seed(seed))
    for cell, sign in ((bright, 2.0), (dark, -2.0)):
        if cell is not None:
            row, column = (one * CELL for one in cell)
            made[..., row : row + CELL, column : column + CELL] += sign
    return made


def peak(values):
    """The cell (row, column) that the hottest places lie in: the middle of those within 2 % of the peak."""
    rows, columns = (values >= 0.98 * values.max()).nonzero()
    return float(rows.mean()) / CELL, float(columns.mean()) / CELL


def on(values, cell):
    """Whether the peak lies on that cell, by less than one cell from its middle."""
    return all(abs(at - (one + 0.5)) < 1 for at, one in zip(peak(values), cell, strict=True))
