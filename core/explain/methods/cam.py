"""Class activation maps of any formula: a layer's feature maps and their gradients, combined, enlarged to the input.

One pass for models of one picture and of several, whose formula may come from the grad-cam package.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from core.errors import InvalidInput
from core.explain.activations import capture_activations
from core.explain.layers import resolve_layer
from core.explain.saliency_map import SaliencyMap, min_max_scale
from core.explain.targets import ClassTarget, model_lock
from core.lazy_modules import LazyModule
from core.models import MODELS

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.inference import LoadedModel
    from core.models import multi_image_layers
    from core.training.examples import Example

    Combine = Callable[[Tensor, Tensor], Tensor]
    """A layer's map and its gradient, both (P, D, h, w) or of a volume (1, D, slices, h, w), combined over D."""
else:
    multi_image_layers = LazyModule("core.models.multi_image_layers")


def cam_method(
    method: str, combine: "Combine", *, target: type[ClassTarget] = ClassTarget, create_graph: bool = False
) -> Callable[..., SaliencyMap]:
    """Return an explainer by that formula, of one class or of the most probable one; see `Explainer.explain`.

    Where the formula knows no class, that only decides which probability stands beside the map. `target` gives what is
    differentiated; with `create_graph` the formula may differentiate the gradient again.
    """

    def compute(
        model: "LoadedModel",
        example: "Example",
        class_index: int | None = None,
        plane: int | None = None,
        *,
        layer: str | None = None,
    ) -> SaliencyMap:
        return explain(
            model,
            example,
            combine,
            method=method,
            target=target(model, class_index),
            plane=plane,
            layer=layer,
            create_graph=create_graph,
        )

    return compute


def explain(
    model: "LoadedModel",
    example: "Example",
    combine: "Combine",
    *,
    method: str,
    target: ClassTarget,
    plane: int | None = None,
    layer: str | None = None,
    create_graph: bool = False,
) -> SaliencyMap:
    """Return the map of one picture, in the order the model sees them; without `plane` of the one that has the peak.

    All pictures of a case share one scale, so that a picture that said little stays cold.

    Raises:
        InvalidInput: no such class, layer or picture, or the formula gives no finite map.
    """
    images = model.input_of(example)
    name, target_layer = resolve_layer(model, layer)
    maps, weights = compute_cam(
        model.module, target_layer, images, target, combine, name=name, create_graph=create_graph
    )
    several = MODELS[model.manifest.model].takes != "image"
    values = min_max_scale(maps.cpu().numpy())  # (V, S, S)
    at = resolve_image(values.max(axis=(1, 2)).tolist(), plane) if several else 0
    return SaliencyMap(
        values[at],
        method,
        target.classes[0],
        target.probabilities[0],
        at,
        weights,
        tuple(values) if several else (),
        name,
    )


def compute_cam(
    module: "nn.Module",
    layer: "nn.Module",
    images: "Tensor",
    target: "Callable[[Tensor], Tensor]",
    combine: "Combine",
    *,
    name: str = "",
    create_graph: bool = False,
) -> "tuple[Tensor, tuple[float, ...]]":
    """Return maps (V, S, S), 0 or more, of one case (1, C, S, S) or (1, V, C, S, S), and what each picture weighs.

    `layer` gives maps (P, D, h, w) of the pictures that exist, or one map (1, D, slices, h, w) of a volume; `target` is
    what is explained of the logits (1, outputs). Other threads wait during the pass, but not while maps are combined.
    """
    import torch

    kernels = _twice_differentiable() if create_graph else nullcontext()
    with model_lock(), kernels, capture_activations(module, layer) as activations:
        logits = module(images)
        feature_maps = activations.map_of(name)
        with torch.enable_grad():
            (gradients,) = torch.autograd.grad(target(logits).sum(), feature_maps, create_graph=create_graph)
    combined = combine(feature_maps if create_graph else feature_maps.detach(), gradients).clamp_min(0)
    return upsample_to_input(combined, images), activations.counted()


def resolve_image(peaks: list[float], plane: int | None) -> int:
    """Return `plane`, else the picture with the highest peak.

    Raises:
        InvalidInput: the model sees no such picture.
    """
    at = max(range(len(peaks)), key=peaks.__getitem__) if plane is None else plane
    if not 0 <= at < len(peaks):
        raise InvalidInput(f"Picture {at} is not one that the model sees; give a number from 0 to {len(peaks) - 1}.")
    return at


def upsample_to_input(maps: "Tensor", images: "Tensor") -> "Tensor":
    """Over the pictures (V, S, S): a volume's map (1, slices, h, w) has fewer slices, a picture not there stays 0."""
    import torch.nn.functional as F  # noqa: N812

    if maps.dim() == 4:
        size = (images.shape[1], *images.shape[-2:])
        return F.interpolate(maps[None], size=size, mode="trilinear", align_corners=False)[0, 0]
    edges = tuple(images.shape[-2:])
    flat = F.interpolate(maps[:, None], size=edges, mode="bilinear", align_corners=False)[:, 0]
    return (
        flat
        if images.dim() == 4
        else multi_image_layers.scatter_to_bag(flat, multi_image_layers.present_mask(images))[0]
    )


def _twice_differentiable() -> "AbstractContextManager[None]":
    """Return a context in which attention is computed by plain products: fused kernels have one derivative only."""
    from torch.nn.attention import SDPBackend, sdpa_kernel

    return sdpa_kernel(SDPBackend.MATH)
