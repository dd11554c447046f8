"""Grad-CAM for models of several pictures: where in each of them, and how much each picture counted.

An own hook instead of the grad-cam package: the map of the target layer becomes a leaf, and only its gradient is asked.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import InvalidInput
from core.explain.asking import alone, choose_class, target_of
from core.explain.maps import Map, scaled

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.inference import LoadedModel
    from core.training.data import Example


def explain(
    model: "LoadedModel", example: "Example", layer: "nn.Module", *, method: str, class_index: int | None,
    plane: int | None,
) -> Map:  # fmt: skip
    """The map of one picture, in the order the model sees them; without `plane` of the one that has the peak.

    All pictures of a case share one scale, so that a picture that said little stays cold.

    Raises:
        InvalidInput: no such class, or no such picture.
    """
    import torch

    images = model.input_of(example)
    with alone():
        with torch.no_grad():
            chosen, probability = choose_class(model, model.module(images), class_index)
        maps, weights = looked(model.module, layer, images, target_of(model.manifest.heads[0], chosen))
    values = scaled(maps.cpu().numpy())  # (V, S, S)
    at = int(values.max(axis=(1, 2)).argmax()) if plane is None else plane
    if not 0 <= at < len(values):
        raise InvalidInput(f"Picture {at} is not one that the model sees; give a number from 0 to {len(values) - 1}.")
    return Map(values[at], method, chosen, probability, at, weights, tuple(values))


def looked(
    module: "nn.Module", layer: "nn.Module", images: "Tensor", speak: "Callable[[Tensor], Tensor]"
) -> "tuple[Tensor, tuple[float, ...]]":
    """Grad-CAM (V, S, S), 0 or more, of one case (1, V, C, S, S), and what each picture weighs; () where none does.

    `layer` gives maps (P, D, h, w) of the pictures that are there, or one map (1, D, slices, h, w) of a volume; `speak`
    is what is explained of the logits (1, outputs).
    """
    import torch

    plainly = torch.backends.cudnn.flags(enabled=False)  # cuDNN's GRU has no gradient outside training
    with torch.enable_grad(), plainly, _held(module, layer) as (found, weights):
        (gradient,) = torch.autograd.grad(speak(module(images)).sum(), found)
    over = _over_volume if gradient.dim() == 5 else _over_pictures
    return over(_spoken(found[0].detach(), gradient), images), tuple(weights[0][0].tolist()) if weights else ()


@contextmanager
def _held(module: "nn.Module", layer: "nn.Module") -> "Iterator[tuple[list[Tensor], list[Tensor]]]":
    """The layer's map of the next pass as a leaf, and what pictures weigh in it."""
    from core.models.planes import Weights

    found: list[Tensor] = []
    weights: list[Tensor] = []

    def leaf(_: "nn.Module", __: object, output: "Tensor") -> "Tensor":
        found.append(output.detach().requires_grad_())
        return found[-1]

    handles = [layer.register_forward_hook(leaf)]
    handles += [one.register_forward_hook(lambda _, __, output: weights.append(output.detach()))
                for one in module.modules() if isinstance(one, Weights)]  # fmt: skip
    try:
        yield found, weights
    finally:
        for handle in handles:
            handle.remove()


def _spoken(cells: "Tensor", gradient: "Tensor") -> "Tensor":
    """relu(Σ αₖ Aₖ), α the mean gradient of a channel over its map (Selvaraju et al. 2017): (P, h, w)."""
    alpha = gradient.flatten(2).mean(dim=2)  # (P, D)
    alpha = alpha.view(*alpha.shape, *[1] * (cells.dim() - 2))
    return (alpha * cells).sum(dim=1).clamp_min(0)


def _over_pictures(spoken: "Tensor", images: "Tensor") -> "Tensor":
    """Stretched over the pictures that are there (V, S, S); 0 over the others."""
    import torch.nn.functional as F  # noqa: N812

    from core.models.planes import put_back, there

    size = tuple(images.shape[-2:])
    flat = F.interpolate(spoken[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]
    return put_back(flat, there(images))[0]


def _over_volume(spoken: "Tensor", images: "Tensor") -> "Tensor":
    """(1, slices, h, w) stretched over all pictures (V, S, S): a volume's map has fewer slices."""
    import torch.nn.functional as F  # noqa: N812

    size = (images.shape[1], *images.shape[-2:])
    return F.interpolate(spoken[None], size=size, mode="trilinear", align_corners=False)[0, 0]
