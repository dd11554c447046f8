"""Grad-CAM (Selvaraju et al. 2017): where the last feature map spoke for a class."""

from typing import TYPE_CHECKING

from core.explain.layers import resolve_layer
from core.explain.methods import cam
from core.explain.saliency_map import SaliencyMap
from core.explain.targets import ClassTarget, model_lock
from core.lazy_modules import LazyModule
from core.models import MODELS

if TYPE_CHECKING:
    from torch import Tensor

    from core.explain.methods import gradcam_batch
    from core.inference import LoadedModel
    from core.training.examples import Example
else:
    gradcam_batch = LazyModule("core.explain.methods.gradcam_batch")

NAME = "gradcam"


def explain(
    model: "LoadedModel",
    example: "Example",
    class_index: int | None = None,
    plane: int | None = None,
    *,
    layer: str | None = None,
) -> SaliencyMap:
    """Return the map of one class, by default the most probable; `plane` see `core.explain.methods.cam`.

    Raises:
        InvalidInput: no such class, layer or picture.
    """
    target = ClassTarget(model, class_index)
    if MODELS[model.manifest.model].takes != "image":
        return cam.explain(model, example, combine, method=NAME, target=target, plane=plane, layer=layer)
    images = model.input_of(example)
    name, target_layer = resolve_layer(model, layer)
    with model_lock():
        values = gradcam_batch.gradcam(model.module, target_layer, images, target)
    return SaliencyMap(values[0].cpu().numpy(), NAME, target.classes[0], target.probabilities[0], layer=name)


def combine(feature_maps: "Tensor", gradients: "Tensor") -> "Tensor":
    """Return Σ αₖ Aₖ, α the mean gradient of a channel over its map."""
    alpha = gradients.flatten(2).mean(dim=2)  # (P, D)
    return (alpha.view(*alpha.shape, *[1] * (feature_maps.dim() - 2)) * feature_maps).sum(dim=1)
