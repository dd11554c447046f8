"""Integrated gradients (Sundararajan, Taly & Yan 2017): the gradient along the way from mean grey to the image.

What all pixels got adds up to what the image says more than mean grey does, which says how exact the sum is. Own: it
is ten lines, and captum brings matplotlib.
"""

from typing import TYPE_CHECKING

from core.explain.activations import without_cudnn_rnn
from core.explain.methods.cam import resolve_image
from core.explain.saliency_map import SaliencyMap, min_max_scale
from core.explain.targets import ClassTarget, model_lock
from core.models import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

    from core.inference import LoadedModel
    from core.training.examples import Example

NAME = "integrated_gradients"
STEPS = 32
AT_ONCE = 16  # pictures of the way that one pass sees


def explain(
    model: "LoadedModel",
    example: "Example",
    class_index: int | None = None,
    plane: int | None = None,
    *,
    layer: str | None = None,  # noqa: ARG001
) -> SaliencyMap:
    """The map of one class, by default the most probable: what spoke for it; what spoke against it stays cold.

    Raises:
        InvalidInput: no such class or picture.
    """
    import torch

    question, images = ClassTarget(model, class_index), model.input_of(example)
    with model_lock(), without_cudnn_rnn(model.module):
        with torch.no_grad():
            question(model.module(images))
        target = ClassTarget(model, question.classes[0])
        given = torch.nan_to_num(integrated(model.module, images, target)[0])  # a picture that is not there is NaN
    several = MODELS[model.manifest.model].takes != "image"
    values = min_max_scale((given.sum(dim=-3) if several else given.sum(dim=0)[None]).clamp_min(0).cpu().numpy())
    at = resolve_image(values.max(axis=(1, 2)).tolist(), plane) if several else 0
    return SaliencyMap(
        values[at], NAME, question.classes[0], question.probabilities[0], at, (), tuple(values) if several else ()
    )


def integrated(
    module: "nn.Module", images: "Tensor", speak: "Callable[[Tensor], Tensor]", steps: int = STEPS
) -> "Tensor":
    """What each pixel gave, of the shape of the images: x · ∫ ∂f(αx)/∂x dα by the midpoint rule.

    The way begins at 0, the mean grey of the training images.
    """
    import torch

    total, pictures = torch.zeros_like(images), images[..., 0, 0, 0].numel()
    shares = (torch.arange(steps, device=images.device) + 0.5) / steps
    with torch.enable_grad():
        for some in torch.split(shares, max(1, AT_ONCE // pictures)):
            at = (images * some.view(-1, *(1,) * (images.dim() - 1))).detach().requires_grad_()
            total += torch.autograd.grad(speak(module(at)).sum(), at)[0].sum(dim=0, keepdim=True)
    return images * total / steps
