"""Gradient-weighted rollout (Chefer, Gur & Wolf 2021): attention that spoke for a class, layer by layer."""

from typing import TYPE_CHECKING

from core.explain.attention_weights import joined, over_cells, record_attention, tokens_to_image
from core.explain.saliency_map import SaliencyMap, min_max_scale
from core.explain.targets import ClassTarget, model_lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

    from core.inference import LoadedModel
    from core.training.examples import Example

NAME = "gradient_rollout"


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
    question, images = ClassTarget(model, class_index), model.input_of(example)
    with model_lock():
        weights, gradients = attended(model.module, images, question)
    values = tokens_to_image(over_cells(relevance(weights, gradients)), images)[0]
    return SaliencyMap(min_max_scale(values.cpu().numpy()), NAME, question.classes[0], question.probabilities[0])


def attended(
    module: "nn.Module", images: "Tensor", speak: "Callable[[Tensor], Tensor]"
) -> "tuple[list[Tensor], list[Tensor]]":
    """Each layer's attention (B, heads, tokens, tokens) and the gradient of what is said by it."""
    import torch

    with torch.enable_grad(), record_attention(module) as weights:
        # from the image on, since a network of which nothing is learned has no gradient of its own
        spoken = speak(module(images.detach().requires_grad_())).sum()
        gradients = torch.autograd.grad(spoken, [joined(one) for one in weights])
    shaped = [one.view_as(layer) for one, layer in zip(gradients, weights, strict=True)]
    return [one.detach() for one in weights], shaped


def relevance(weights: "list[Tensor]", gradients: "list[Tensor]") -> "Tensor":
    """R ← R + Ē R from the identity, Ē the mean over heads of relu(∇A ⊙ A): (B, tokens, tokens) without the identity.

    Equations 5 and 6 of the paper; what a token gives to itself by the way around attention is no map.
    """
    import torch

    tokens = weights[0].shape[-1]
    identity = torch.eye(tokens, device=weights[0].device)
    flow = identity.expand(weights[0].shape[0], tokens, tokens)
    for layer, gradient in zip(weights, gradients, strict=True):
        flow = flow + (gradient * layer).clamp_min(0).mean(dim=1) @ flow
    return flow - identity
