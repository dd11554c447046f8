"""Several pictures of a case: read each alone, weigh them, put them back where they stood."""

from collections import OrderedDict

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class Encoder(nn.Sequential):
    """The part of a network of one image that leads to its last map; its weights keep the names they have there."""

    def __init__(self, whole: nn.Module, parts: tuple[str, ...], least_size: int) -> None:
        """Of a network of the table; see `core.models.encoders`."""
        super().__init__(OrderedDict((name, whole.get_submodule(name)) for name in parts))
        self.least_size = least_size
        self.width = last_layer(whole).in_features

    def forward(self, pictures: Tensor) -> Tensor:
        """Maps (P, width, h, w) of (P, channels, size, size)."""
        if pictures.shape[-1] < self.least_size:
            edge = self.least_size
            pictures = F.interpolate(pictures, size=(edge, edge), mode="bilinear", align_corners=False)
        for part in self:
            pictures = part(pictures)
        return pictures


class BagAttention(nn.Module):
    """How much each picture of a case counts: its output is (B, V) and sums to 1, so that an explainer can read it."""

    def forward(self, scores: Tensor, present: Tensor | None = None) -> Tensor:
        """Softmax of (B, V) over the pictures that are there; 0 for the others."""
        if present is not None:
            scores = scores.masked_fill(~present, -torch.inf)
        return scores.softmax(dim=1)


def present_mask(images: Tensor) -> Tensor:
    """Which pictures of (B, V, C, S, S) are there, (B, V): the others are all NaN, so one sample tells."""
    return ~images[:, :, 0, 0, 0].isnan()


def scatter_to_bag(found: Tensor, present: Tensor) -> Tensor:
    """What was found of the pictures that are there (P, …), at its places (B, V, …); 0 elsewhere."""
    whole = found.new_zeros(*present.shape, *found.shape[1:])
    whole[present] = found
    return whole


def last_layer(module: nn.Module) -> nn.Linear:
    """The layer that gives the answers: every network of ours registers it last."""
    return [one for one in module.modules() if isinstance(one, nn.Linear)][-1]
