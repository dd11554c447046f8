"""Attention rollout (Abnar & Zuidema 2020): where information could flow from. The same for every class."""

from typing import TYPE_CHECKING

from core.explain.attention_weights import over_cells, record_attention, tokens_to_image
from core.explain.saliency_map import SaliencyMap, min_max_scale
from core.explain.targets import model_lock, resolve_class

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
) -> SaliencyMap:
    """The map of one image; the class only decides which probability stands beside it.

    Raises:
        InvalidInput: no such class.
    """
    import torch

    images = model.input_of(example)
    with model_lock(), torch.no_grad(), record_attention(model.module) as weights:
        logits = model.module(images)
    chosen, probability = resolve_class(model, logits, class_index)
    values = tokens_to_image(over_cells(rolled(weights)), images)[0]
    return SaliencyMap(min_max_scale(values.cpu().numpy()), NAME, chosen, probability)


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
