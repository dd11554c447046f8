"""Attention rollout (Abnar & Zuidema 2020): where information could flow from. The same for every class."""

from typing import TYPE_CHECKING

from core.explain.attention_weights import over_cells, over_image, recorded
from core.explain.saliency_map import Map, scaled
from core.explain.targets import alone, choose_class

if TYPE_CHECKING:
    from torch import Tensor

    from core.inference import LoadedModel
    from core.training.examples import Example

NAME = "rollout"


def explain(
    model: "LoadedModel",
    example: "Example",
    class_index: int | None = None,
    plane: int | None = None,  # noqa: ARG001
    *,
    layer: str | None = None,  # noqa: ARG001
) -> Map:
    """The map of one image; the class only decides which probability stands beside it.

    Raises:
        InvalidInput: no such class.
    """
    import torch

    images = model.input_of(example)
    with alone(), torch.no_grad(), recorded(model.module) as weights:
        logits = model.module(images)
    chosen, probability = choose_class(model, logits, class_index)
    values = over_image(over_cells(rolled(weights)), images)[0]
    return Map(scaled(values.cpu().numpy()), NAME, chosen, probability)


def rolled(weights: "list[Tensor]") -> "Tensor":
    """Attention of the last layer's tokens to the input's, (B, tokens, tokens); rows sum to 1.

    Heads are averaged; half of each layer is the residual connection (the paper's A = 0.5 W + 0.5 I).
    """
    import torch

    tokens = weights[0].shape[-1]
    identity = torch.eye(tokens, device=weights[0].device)
    flow = identity.expand(weights[0].shape[0], tokens, tokens)
    for layer in weights:
        flow = (0.5 * layer.float().mean(dim=1) + 0.5 * identity) @ flow
    return flow
