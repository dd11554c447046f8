"""Raw attention of one layer, of one head or the mean of its heads: what it looked at, whatever the class."""

from typing import TYPE_CHECKING

from core.explain.attention_weights import of_layer, over_cells, over_image, recorded
from core.explain.saliency_map import Map, scaled
from core.explain.targets import alone, choose_class

if TYPE_CHECKING:
    from core.inference import LoadedModel
    from core.training.examples import Example

NAME = "heads"


def explain(
    model: "LoadedModel",
    example: "Example",
    class_index: int | None = None,
    plane: int | None = None,  # noqa: ARG001
    *,
    layer: str | None = None,
) -> Map:
    """The map of one image: the class token's row, or the mean row where there is none.

    `layer` is "NAME:HEAD", or "NAME" for the mean of its heads; see `core.explain.layers`.

    Raises:
        InvalidInput: no such class, layer or head.
    """
    import torch

    images = model.input_of(example)
    with alone(), torch.no_grad(), recorded(model.module) as weights:
        logits = model.module(images)
    chosen, probability = choose_class(model, logits, class_index)
    name, attention = of_layer(model.module, weights, layer)
    values = over_image(over_cells(attention), images)[0]
    return Map(scaled(values.cpu().numpy()), NAME, chosen, probability, layer=name)
