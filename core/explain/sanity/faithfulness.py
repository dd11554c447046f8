"""Whether what a map calls important is: pictures with it taken away, and with nothing else left (Petsiuk 2018, RISE).

What is taken away becomes the picture blurred beyond recognition, so that no hole teaches the network something new.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.explain.saliency_map import Values, resize_to_image
from core.training.output_decoding import decode_outputs

if TYPE_CHECKING:
    from torch import Tensor

    from core.inference import LoadedModel

STEPS = 11  # shares of the picture that are taken away, from none to all
BLURRED = 4  # cells an edge that are left of a picture
AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """Mean answer for the class while the hottest goes first (`deletion`, low is good) or comes first (`insertion`)."""

    deletion: float
    insertion: float


def deletion_insertion(model: "LoadedModel", images: "Tensor", values: Values, class_index: int) -> Faithfulness:
    """Of a case (1, C, S, S) under a map (H, W), or of several pictures (1, V, C, S, S) under maps (V, H, W)."""
    import torch

    blurred, order = _blurred(images), _order(values, images)
    shown = [_mixed(images, blurred, order < share) for share in np.linspace(0, 1, STEPS)]
    hidden = [_mixed(blurred, images, order < share) for share in np.linspace(0, 1, STEPS)]
    head = model.manifest.heads[0]
    whole, probabilities = torch.cat(shown + hidden), []
    with torch.no_grad():
        for start in range(0, len(whole), AT_ONCE):
            logits = model.module(whole[start : start + AT_ONCE])[:, : head.outputs]
            probabilities += decode_outputs([head], logits)[:, class_index].tolist()
    insertion, deletion = _area(probabilities[STEPS:]), _area(probabilities[:STEPS])
    return Faithfulness(deletion=deletion, insertion=insertion)


def _order(values: Values, images: "Tensor") -> NDArray[np.float32]:
    """Of every pixel the share of all pixels that are hotter, (1, H, W) or (V, H, W); ties by chance, but steadily."""
    size = tuple(images.shape[-2:])
    planes = values if values.ndim == 3 else values[None]
    large = np.stack([resize_to_image(one, size[0], size[1]) for one in planes])
    flat = large.ravel() + np.random.default_rng(0).random(large.size, dtype=np.float32) * 1e-6
    order = np.empty(flat.size, np.float32)
    order[np.argsort(-flat, kind="stable")] = np.arange(flat.size, dtype=np.float32) / flat.size
    return order.reshape(large.shape)


def _mixed(original: "Tensor", instead: "Tensor", gone: NDArray[np.bool_]) -> "Tensor":
    """`instead` where it is gone."""
    import torch

    mask = torch.from_numpy(gone).to(original.device)
    mask = mask[None] if original.dim() == 4 else mask[None, :, None]  # over the channels of each picture
    return torch.where(mask, instead, original)


def _blurred(images: "Tensor") -> "Tensor":
    import torch.nn.functional as F  # noqa: N812

    flat = images.flatten(0, -4) if images.dim() == 5 else images
    size = tuple(images.shape[-2:])
    few = F.adaptive_avg_pool2d(flat.contiguous(), BLURRED)
    return F.interpolate(few, size=size, mode="bilinear", align_corners=False).view(images.shape)


def _area(probabilities: list[float]) -> float:
    """Under the curve over the share taken away, from 0 to 1."""
    heights = np.array(probabilities)
    return float((heights[1:] + heights[:-1]).mean() / 2)
