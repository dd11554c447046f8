"""Grad-CAM of whole sets of cases, batch by batch; of models of one picture."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.explain.layers import resolve_layer
from core.explain.methods import gradcam_batch
from core.explain.saliency_map import SaliencyMap
from core.explain.targets import ClassTarget, model_lock
from core.inference import FREE, iter_batches
from core.training import devices
from core.training.validation import to_model_input

if TYPE_CHECKING:
    from core.inference import LoadedModel
    from core.training.examples import Example

METHOD = "gradcam"


def gradcam(
    model: "LoadedModel",
    examples: "Sequence[Example]",
    class_index: int | None = None,
    *,
    layer: str = "",
    batch_size: int = 16,
    cache: Path | None = None,
) -> Iterator[SaliencyMap]:
    """Yield the map of each example in the order given, as `gradcam` makes it; for `cache` see `inference.predict`.

    Raises:
        InvalidInput: no such class or layer.
        NotTrainable: pixels are gone, or the GPU's memory is too small for one batch.
    """
    name, target = resolve_layer(model, layer)
    for _, batch in iter_batches(model, examples, batch_size=batch_size, cache=cache):
        question = ClassTarget(model, class_index)
        with devices.out_of_memory_hint(f"maps of {batch_size} images", FREE), model_lock():
            found = (
                gradcam_batch.gradcam(model.module, target, to_model_input(model.prepare, batch), question)
                .cpu()
                .numpy()
            )
        for values, shown, probability in zip(found, question.classes, question.probabilities, strict=True):
            yield SaliencyMap(values, METHOD, shown, probability, layer=name)
