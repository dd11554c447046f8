"""Attention between two views: which places of one view those of the other looked at, whatever the class."""

from typing import TYPE_CHECKING

from core.explain.attention_weights import over_image, recorded
from core.explain.methods.cam import chosen_plane
from core.explain.saliency_map import Map, scaled
from core.explain.targets import alone, choose_class

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
) -> Map:
    """The map of one of the two views; without `plane` of the one with the peak. Both share one scale.

    Raises:
        InvalidInput: no such class or view.
    """
    import torch

    images = model.input_of(example)
    with alone(), torch.no_grad(), recorded(model.module) as weights:
        logits = model.module(images)
    chosen, probability = choose_class(model, logits, class_index)
    first_asks, second_asks = weights  # as the network asks them: the first view's cells ask, then the second's
    cells = torch.cat([looked_at(second_asks), looked_at(first_asks)])  # of the first view, of the second
    values = scaled(over_image(cells, images).cpu().numpy())
    at = chosen_plane(values.max(axis=(1, 2)).tolist(), plane)
    return Map(values[at], NAME, chosen, probability, at, (), tuple(values))


def looked_at(attention: "Tensor") -> "Tensor":
    """How much each cell of a view is looked at (1, h, w): the mean over heads and over the cells that look."""
    asked = attention.mean(dim=(1, 2))  # (1, heads, cells, cells) to (1, cells)
    edge = int(asked.shape[-1] ** 0.5)
    return asked.view(-1, edge, edge)
