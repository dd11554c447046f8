"""Class activation maps of any formula: a layer's maps and their gradients, joined, stretched over the input.

One way for models of one picture and of several; the grad-cam package knows only the first, and a formula is two lines.
"""

from collections.abc import Callable
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

    Join = Callable[[Tensor, Tensor], Tensor]
    """A layer's map and its gradient, both (P, D, h, w) or of a volume (1, D, slices, h, w), without D; 0 or more."""
else:
    multi_image_layers = LazyModule("core.models.multi_image_layers")


def cam_method(method: str, join: "Join") -> Callable[..., SaliencyMap]:
    """How a formula is asked: as `Explainer.explain` says, of one class or of the most probable one.

    Where the formula knows no class, that only decides which probability stands beside the map.
    """

    def asked(
        model: "LoadedModel",
        example: "Example",
        class_index: int | None = None,
        plane: int | None = None,
        *,
        layer: str | None = None,
    ) -> SaliencyMap:
        return explain(model, example, join, method=method, class_index=class_index, plane=plane, layer=layer)

    return asked


def explain(
    model: "LoadedModel",
    example: "Example",
    join: "Join",
    *,
    method: str,
    class_index: int | None = None,
    plane: int | None = None,
    layer: str | None = None,
) -> SaliencyMap:
    """The map of one picture, in the order the model sees them; without `plane` of the one that has the peak.

    All pictures of a case share one scale, so that a picture that said little stays cold.

    Raises:
        InvalidInput: no such class, layer or picture.
    """
    question, images = ClassTarget(model, class_index), model.input_of(example)
    name, target = resolve_layer(model, layer)
    with model_lock():
        maps, weights = compute_cam(model.module, target, images, question, join, name=name)
    several = MODELS[model.manifest.model].takes != "image"
    values = min_max_scale(maps.cpu().numpy())  # (V, S, S)
    at = resolve_image(values.max(axis=(1, 2)).tolist(), plane) if several else 0
    return SaliencyMap(
        values[at],
        method,
        question.classes[0],
        question.probabilities[0],
        at,
        weights,
        tuple(values) if several else (),
        name,
    )


def compute_cam(
    module: "nn.Module",
    layer: "nn.Module",
    images: "Tensor",
    speak: "Callable[[Tensor], Tensor]",
    join: "Join",
    *,
    name: str = "",
) -> "tuple[Tensor, tuple[float, ...]]":
    """Maps (V, S, S), 0 or more, of one case (1, C, S, S) or (1, V, C, S, S), and what each picture weighs.

    `layer` gives maps (P, D, h, w) of the pictures that are there, or one map (1, D, slices, h, w) of a volume; `speak`
    is what is explained of the logits (1, outputs).
    """
    import torch

    with capture_activations(module, layer) as kept:
        logits = module(images)
        cells = kept.map_of(name)
        with torch.enable_grad():
            (gradient,) = torch.autograd.grad(speak(logits).sum(), cells)
    return upsample_to_input(join(cells.detach(), gradient), images), kept.counted()


def resolve_image(peaks: list[float], asked: int | None) -> int:
    """The picture asked for, else the one with the highest peak.

    Raises:
        InvalidInput: the model sees no such picture.
    """
    at = max(range(len(peaks)), key=peaks.__getitem__) if asked is None else asked
    if not 0 <= at < len(peaks):
        raise InvalidInput(f"Picture {at} is not one that the model sees; give a number from 0 to {len(peaks) - 1}.")
    return at


def upsample_to_input(spoken: "Tensor", images: "Tensor") -> "Tensor":
    """Over the pictures (V, S, S): a volume's map (1, slices, h, w) has fewer slices, a picture not there stays 0."""
    import torch.nn.functional as F  # noqa: N812

    if spoken.dim() == 4:
        size = (images.shape[1], *images.shape[-2:])
        return F.interpolate(spoken[None], size=size, mode="trilinear", align_corners=False)[0, 0]
    edges = tuple(images.shape[-2:])
    flat = F.interpolate(spoken[:, None], size=edges, mode="bilinear", align_corners=False)[:, 0]
    return (
        flat
        if images.dim() == 4
        else multi_image_layers.scatter_to_bag(flat, multi_image_layers.present_mask(images))[0]
    )
