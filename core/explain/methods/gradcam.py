"""Grad-CAM (Selvaraju et al. 2017): where the last feature map spoke for a class."""

from typing import TYPE_CHECKING

from core.explain.layers import resolve_layer
from core.explain.methods import cam, gradcam_batch
from core.explain.saliency_map import SaliencyMap
from core.explain.targets import ClassTarget, model_lock
from core.models import MODELS

if TYPE_CHECKING:
    from torch import Tensor

    from core.inference import LoadedModel
    from core.training.examples import Example

NAME = "gradcam"


def explain(
    model: "LoadedModel",
    example: "Example",
    class_index: int | None = None,
    plane: int | None = None,
    *,
    layer: str | None = None,
) -> SaliencyMap:
    """The map of one class, by default the most probable; `plane` see `core.explain.methods.cam`.

    Raises:
        InvalidInput: no such class, layer or picture.
    """
    if MODELS[model.manifest.model].takes != "image":
        return cam.explain(model, example, join, method=NAME, class_index=class_index, plane=plane, layer=layer)
    question, images = ClassTarget(model, class_index), model.input_of(example)
    name, target = resolve_layer(model, layer)
    with model_lock():
        values = gradcam_batch.gradcam(model.module, target, images, question)
    return SaliencyMap(values[0].cpu().numpy(), NAME, question.classes[0], question.probabilities[0], layer=name)


def join(cells: "Tensor", gradient: "Tensor") -> "Tensor":
    """relu(Σ αₖ Aₖ), α the mean gradient of a channel over its map."""
    alpha = gradient.flatten(2).mean(dim=2)  # (P, D)
    return (alpha.view(*alpha.shape, *[1] * (cells.dim() - 2)) * cells).sum(dim=1).clamp_min(0)
