"""Grad-CAM of whole sets of cases, batch by batch; of models of one picture."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.explain.layers import layer_of
from core.explain.methods import gradcam_batch
from core.explain.saliency_map import Map
from core.explain.targets import Question, alone
from core.inference import FREE, read
from core.training import devices
from core.training.validation import seen

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
) -> Iterator[Map]:
    """The map of each example in the order given, as `core.explain.methods.gradcam` makes it; `cache` see `inference.scores`.

    Raises:
        InvalidInput: no such class or layer.
        NotTrainable: pixels are gone, or the GPU's memory is too small for one batch.
    """
    name, target = layer_of(model, layer)
    for _, batch in read(model, examples, batch_size=batch_size, cache=cache):
        question = Question(model, class_index)
        with devices.memory_for(f"maps of {batch_size} images", FREE), alone():
            found = gradcam_batch.maps(model.module, target, seen(model.prepare, batch), question).cpu().numpy()
        for values, shown, probability in zip(found, question.classes, question.probabilities, strict=True):
            yield Map(values, METHOD, shown, probability, layer=name)
