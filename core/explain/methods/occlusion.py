"""Occlusion (Zeiler & Fergus 2014): a patch of mean grey is moved over the image; where it hurts, the model looked.

Asks nothing of the network but answers, and takes some two hundred passes.
"""

from typing import TYPE_CHECKING

from core.explain.saliency_map import SaliencyMap, min_max_scale
from core.explain.targets import model_lock, resolve_class, target_function

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

    from core.inference import LoadedModel
    from core.training.examples import Example

NAME = "occlusion"
PATCHES = 7  # side by side along an edge; the patch moves by half of itself
AT_ONCE = 32  # covered images


def explain(
    model: "LoadedModel",
    example: "Example",
    class_index: int | None = None,
    plane: int | None = None,  # noqa: ARG001
    *,
    layer: str | None = None,  # noqa: ARG001
) -> SaliencyMap:
    """The map of one class of one image, by default the most probable.

    Raises:
        InvalidInput: no such class.
    """
    import torch

    images = model.input_of(example)
    with model_lock(), torch.inference_mode():
        logits = model.module(images)
        chosen, probability = resolve_class(model, logits, class_index)
        speak = target_function(model.manifest.heads[0], chosen)
        values = missed(model.module, images, speak, float(speak(logits)[0]))
    return SaliencyMap(min_max_scale(values.cpu().numpy()), NAME, chosen, probability)


def missed(module: "nn.Module", images: "Tensor", speak: "Callable[[Tensor], Tensor]", whole: float) -> "Tensor":
    """How much less is said, at least 0, where a place is covered: the mean over the patches that cover it, (S, S).

    `images` (1, C, S, S), normalised: 0 is the mean grey of the training images.
    """
    import torch

    size = images.shape[-1]
    corners = starts(size)
    patch = patch_of(size)
    places = [(row, column) for row in corners for column in corners]
    total, count = images.new_zeros(size, size), images.new_zeros(size, size)
    for at in range(0, len(places), AT_ONCE):
        some = places[at : at + AT_ONCE]
        covered = images.repeat(len(some), 1, 1, 1)
        for image, (row, column) in zip(covered, some, strict=True):
            image[:, row : row + patch, column : column + patch] = 0.0
        for loss, (row, column) in zip(whole - speak(module(covered)), some, strict=True):
            total[row : row + patch, column : column + patch] += loss
            count[row : row + patch, column : column + patch] += 1
    return torch.clamp_min(total / count, 0)


def patch_of(size: int) -> int:
    """Edge of the patch in pixels."""
    return max(2, round(size / PATCHES))


def starts(size: int) -> list[int]:
    """Where patches begin along an edge; the last one ends at the edge."""
    patch = patch_of(size)
    return sorted({*range(0, size - patch, max(1, patch // 2)), size - patch})
