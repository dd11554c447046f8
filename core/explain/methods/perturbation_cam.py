"""Class activation maps whose weights come from passes with one channel at a time masked; for models of one picture."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.explain.activations import Activations
from core.explain.gradcam_package import finite
from core.explain.layers import resolve_layer
from core.explain.methods.cam import upsample_to_input
from core.explain.saliency_map import SaliencyMap, min_max_scale
from core.explain.targets import model_lock, resolve_class, target_function

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.inference import LoadedModel
    from core.training.examples import Example

    Target = Callable[[Tensor], Tensor]
    Combine = Callable[[nn.Module, nn.Module, Tensor, Tensor, Target], Tensor]
    """Module, layer, images (1, C, S, S), the layer's maps (1, D, h, w) and what is explained, to a map (1, h, w)."""

BATCH_SIZE = 32  # masked images in one pass


def perturbation_method(method: str, combine: "Combine") -> Callable[..., SaliencyMap]:
    """Return an explainer by that formula, of one class or of the most probable one; see `Explainer.explain`."""

    def explain(
        model: "LoadedModel",
        example: "Example",
        class_index: int | None = None,
        plane: int | None = None,  # noqa: ARG001
        *,
        layer: str | None = None,
    ) -> SaliencyMap:
        import torch

        images = model.input_of(example)
        name, target_layer = resolve_layer(model, layer)
        with model_lock(), torch.inference_mode():
            logits, feature_maps = forward(model.module, target_layer, images, name)
            chosen, probability = resolve_class(model, logits, class_index)
            target = target_function(model.manifest.heads[0], chosen)
            maps = finite(feature_maps, feature_maps)
            weighted = combine(model.module, target_layer, images, maps, target).clamp_min(0)
            values = upsample_to_input(weighted, images)[0].cpu().numpy()
        return SaliencyMap(min_max_scale(values), method, chosen, probability, layer=name)

    return explain


def forward(module: "nn.Module", layer: "nn.Module", images: "Tensor", name: str) -> "tuple[Tensor, Tensor]":
    """Return the logits, and the layer's maps as they were before anything behind the layer worked in place.

    Raises:
        InvalidInput: the layer gives no map.
    """
    activations = Activations()
    handle = layer.register_forward_hook(lambda _, __, output: activations.feature_maps.append(output.clone()))
    try:
        logits = module(images)
    finally:
        handle.remove()
    return logits, activations.map_of(name)
