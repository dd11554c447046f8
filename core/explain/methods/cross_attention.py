"""Attention between two views: which places of one view those of the other looked at, whatever the class."""

from typing import TYPE_CHECKING

from core.explain.attention_weights import record_attention, tokens_to_image
from core.explain.methods.cam import resolve_image
from core.explain.saliency_map import SaliencyMap, min_max_scale
from core.explain.targets import model_lock, resolve_class

if TYPE_CHECKING:
    from torch import Tensor

    from core.inference import LoadedModel
    from core.training.examples import Example

NAME = "cross_attention"


def explain(
    model: "LoadedModel",
    example: "Example",
    class_index: int | None = None,
    plane: int | None = None,
    *,
    layer: str | None = None,  # noqa: ARG001
) -> SaliencyMap:
    """The map of one of the two views; without `plane` of the one with the peak. Both share one scale.

    Raises:
        InvalidInput: no such class or view.
    """
    import torch

    images = model.input_of(example)
    with model_lock(), torch.no_grad(), record_attention(model.module) as weights:
        logits = model.module(images)
    chosen, probability = resolve_class(model, logits, class_index)
    first_asks, second_asks = weights  # as the network asks them: the first view's cells ask, then the second's
    cells = torch.cat([looked_at(second_asks), looked_at(first_asks)])  # of the first view, of the second
    values = min_max_scale(tokens_to_image(cells, images).cpu().numpy())
    at = resolve_image(values.max(axis=(1, 2)).tolist(), plane)
    return SaliencyMap(values[at], NAME, chosen, probability, at, (), tuple(values))


def looked_at(attention: "Tensor") -> "Tensor":
    """How much each cell of a view is looked at (1, h, w): the mean over heads and over the cells that look."""
    weights = attention.mean(dim=(1, 2))  # (1, heads, cells, cells) to (1, cells)
    edge = int(weights.shape[-1] ** 0.5)
    return weights.view(-1, edge, edge)
