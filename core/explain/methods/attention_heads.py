"""Raw attention of one layer, of one head or the mean of its heads: what it looked at, whatever the class."""

from typing import TYPE_CHECKING

from core.explain.attention_weights import of_layer, over_cells, record_attention, tokens_to_image
from core.explain.saliency_map import SaliencyMap, min_max_scale
from core.explain.targets import model_lock, resolve_class

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
) -> SaliencyMap:
    """The map of one image: the class token's row, or the mean row where there is none.

    `layer` is "NAME:HEAD", or "NAME" for the mean of its heads; see `core.explain.layers`.

    Raises:
        InvalidInput: no such class, layer or head.
    """
    import torch

    images = model.input_of(example)
    with model_lock(), torch.no_grad(), record_attention(model.module) as weights:
        logits = model.module(images)
    chosen, probability = resolve_class(model, logits, class_index)
    name, attention = of_layer(model.module, weights, layer)
    values = tokens_to_image(over_cells(attention), images)[0]
    return SaliencyMap(min_max_scale(values.cpu().numpy()), NAME, chosen, probability, layer=name)
