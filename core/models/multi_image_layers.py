"""Layers of models with several images per case: encode each image, weight them, restore their positions."""

from collections import OrderedDict

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from core.errors import NotTrainable


class Encoder(nn.Sequential):
    """The part of a single-image network up to its last feature map; weights keep their names."""

    def __init__(self, whole: nn.Module, parts: tuple[str, ...], least_size: int) -> None:
        """Take the parts from a network of the registry; see `core.models.encoders`."""
        super().__init__(OrderedDict((name, whole.get_submodule(name)) for name in parts))
        self.least_size = least_size
        self.width = last_layer(whole).in_features

    def forward(self, pictures: Tensor) -> Tensor:
        """Return feature maps (P, width, h, w) of (P, channels, size, size)."""
        if pictures.shape[-1] < self.least_size:
            edge = self.least_size
            pictures = F.interpolate(pictures, size=(edge, edge), mode="bilinear", align_corners=False)
        for part in self:
            pictures = part(pictures)
        return pictures


class BagAttention(nn.Module):
    """Attention weights of the images of a case: its output (B, V) sums to 1, so that an explainer can read it."""

    def forward(self, scores: Tensor, present: Tensor | None = None) -> Tensor:
        """Return the softmax of (B, V) over the present images; 0 for the others."""
        if present is not None:
            scores = scores.masked_fill(~present, -torch.inf)
        return scores.softmax(dim=1)


def present_mask(images: Tensor) -> Tensor:
    """Return which images of (B, V, C, S, S) are present, (B, V): absent ones are all NaN, so one pixel is enough."""
    return ~images[:, :, 0, 0, 0].isnan()


def scatter_to_bag(features: Tensor, present: Tensor) -> Tensor:
    """Return features of the present images (P, …) at their positions (B, V, …); 0 elsewhere."""
    bag = features.new_zeros(*present.shape, *features.shape[1:])
    bag[present] = features
    return bag


def last_layer(module: nn.Module) -> nn.Linear:
    """Return the output layer; every network registers it last.

    Raises:
        NotTrainable: the network has no linear layer.
    """
    linear = [layer for layer in module.modules() if isinstance(layer, nn.Linear)]
    if not linear:
        raise NotTrainable(
            f"The network {type(module).__name__} has no linear layer; end it with `linear_head` of "
            "core/models/adapters.py, whose nn.Linear is the layer of the classes."
        )
    return linear[-1]
