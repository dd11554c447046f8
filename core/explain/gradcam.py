"""Grad-CAM (Selvaraju et al. 2017) by the grad-cam package: where the last feature map spoke for a class."""

from typing import TYPE_CHECKING

from core.errors import InvalidInput
from core.explain import planes
from core.explain.asking import alone, choose_class, target_of
from core.explain.maps import Map, scaled
from core.models import MODELS

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.inference import LoadedModel
    from core.training.data import Example

NAME = "gradcam"


def explain(
    model: "LoadedModel", example: "Example", class_index: int | None = None, plane: int | None = None
) -> Map:  # fmt: skip
    """The map of one class, by default the most probable; `plane` see `core.explain.planes`.

    Raises:
        InvalidInput: the model has no convolutional map, or no such class or picture.
    """
    entry = MODELS[model.manifest.model]
    layer = entry.target_layer(model.module)
    if layer is None:
        raise InvalidInput(f"Grad-CAM reads a convolutional map, which {model.manifest.model} has not; use rollout.")
    if entry.takes != "image":
        return planes.explain(model, example, layer, method=NAME, class_index=class_index, plane=plane)
    with alone():
        return _explain(model, model.input_of(example), layer, class_index)


def _explain(model: "LoadedModel", images: "Tensor", layer: "nn.Module", class_index: int | None) -> Map:
    import torch
    from pytorch_grad_cam import GradCAM

    with torch.no_grad():
        chosen, probability = choose_class(model, model.module(images), class_index)
    target = target_of(model.manifest.heads[0], chosen)
    try:
        with torch.enable_grad(), GradCAM(model=model.module, target_layers=[layer]) as camera:
            values = camera(input_tensor=images, targets=[target])[0]
    finally:
        model.module.zero_grad(set_to_none=True)  # the package leaves gradients as large as the model behind
    return Map(scaled(values), NAME, chosen, probability)
