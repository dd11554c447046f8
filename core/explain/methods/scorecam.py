"""ScoreCAM (Wang et al. 2020): each channel's map is laid over the image as a mask, and weighed by what is said then.

Needs no gradient and as many passes as the layer has channels.
"""

from typing import TYPE_CHECKING

from core.explain.activations import Activations
from core.explain.layers import resolve_layer
from core.explain.saliency_map import SaliencyMap, min_max_scale
from core.explain.targets import model_lock, resolve_class, target_function

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

    from core.inference import LoadedModel
    from core.training.examples import Example

NAME = "scorecam"
AT_ONCE = 32  # masked images


def explain(
    model: "LoadedModel",
    example: "Example",
    class_index: int | None = None,
    plane: int | None = None,  # noqa: ARG001
    *,
    layer: str | None = None,
) -> SaliencyMap:
    """The map of one class of one image, by default the most probable.

    Raises:
        InvalidInput: no such class or layer.
    """
    import torch

    images = model.input_of(example)
    name, target = resolve_layer(model, layer)
    with model_lock(), torch.inference_mode():
        logits, cells = _read(model.module, target, images)
        chosen, probability = resolve_class(model, logits, class_index)
        values = scored(model.module, images, cells, target_function(model.manifest.heads[0], chosen))
    return SaliencyMap(min_max_scale(values.cpu().numpy()), NAME, chosen, probability, layer=name)


def scored(module: "nn.Module", images: "Tensor", cells: "Tensor", speak: "Callable[[Tensor], Tensor]") -> "Tensor":
    """relu(Σ softmax(score)ₖ Aₖ) stretched over the image (S, S); images (1, C, S, S), cells (1, D, h, w)."""
    import torch
    import torch.nn.functional as F  # noqa: N812

    size = tuple(images.shape[-2:])
    masks = F.interpolate(cells, size=size, mode="bilinear", align_corners=True)[0]  # (D, S, S), as the paper's code
    low, high = masks.amin(dim=(1, 2), keepdim=True), masks.amax(dim=(1, 2), keepdim=True)
    masks = (masks - low) / (high - low + 1e-8)
    scores = torch.cat([speak(module(images * some[:, None])) for some in torch.split(masks, AT_ONCE)])
    spoken = (scores.softmax(dim=0)[:, None, None] * cells[0]).sum(dim=0).clamp_min(0)
    return F.interpolate(spoken[None, None], size=size, mode="bilinear", align_corners=False)[0, 0]


def _read(module: "nn.Module", layer: "nn.Module", images: "Tensor") -> "tuple[Tensor, Tensor]":
    """The logits, and the layer's map as it was before anything behind it worked in place."""
    kept = Activations()
    handle = layer.register_forward_hook(lambda _, __, output: kept.cells.append(output.clone()))
    try:
        logits = module(images)
    finally:
        handle.remove()
    return logits, kept.map_of("target")
