"""Compute and store the saliency maps of one case's images by a loaded model."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import InvalidInput
from core.explain import EXPLAINERS, explain
from core.explain.layers import layer_titles
from core.lazy_modules import LazyModule
from core.models import MODELS
from core.services.saliency import store
from core.services.saliency.store import MapKey, shares_of, titles_of, write
from core.settings import Settings
from core.training import devices

if TYPE_CHECKING:
    from core import inference
    from core.explain import SaliencyMap
    from core.inference import LoadedModel
    from core.training.examples import Example
    from db.tables import Image
else:
    inference = LazyModule("core.inference")


def compute_map(model: "LoadedModel", example: "Example", image_id: int | None, key: MapKey) -> "SaliencyMap":
    """Return the map of one image of a case; without an image id, of the image with the peak.

    Raises:
        InvalidInput: the model does not use that image, or the method does not fit it.
        NotTrainable: the pixels are missing, or the GPU's memory is too small.
    """
    plane = None if image_id is None else plane_of(model, example, str(image_id))
    with devices.out_of_memory_hint(f"a map by a {model.manifest.model}", inference.FREE):
        return explain(
            model,
            example,
            method=key.method,
            class_index=key.class_index,
            plane=plane,
            layer=key.layer or None,
        )


def store_maps(
    settings: Settings,
    model: "LoadedModel",
    example: "Example",
    image_id: int,
    key: MapKey,
    saliency: "SaliencyMap",
    images: "Mapping[int, Image]",
) -> None:
    """Store the map, and those of the case's other images computed with it; `images` are the case's, by id."""
    for image, at, values in _maps_by_image(model, example, image_id, saliency):
        about = {"image": images[image].sha256, "class": str(saliency.class_index)}
        about["probability"] = repr(saliency.probability)
        if saliency.layer:
            about["layer"] = layer_title(settings, model, key, saliency.layer)
        if saliency.all_images:
            takes, inputs = _model_inputs(model, example)
            titles = titles_of(example, inputs, takes=takes)
            about |= {"picture": titles[at], "counted": json.dumps(shares_of(titles, saliency.plane_weights))}
        write(key.path(settings, images[image]), values, about)


def layer_title(settings: Settings, model: "LoadedModel", key: MapKey, layer: str) -> str:
    """Return the title of a layer: its name, or the layer and head of attention."""
    layers = store.layers_of(settings, key.checkpoint)
    if layers is None:
        layers = {needs: layer_titles(model, needs) for needs in ("convolution", "attention") if _has(model, needs)}
        store.write_layers(settings, key.checkpoint, layers)
    title = next((titles[layer] for titles in layers.values() if layer in titles), layer)
    return title.partition(" · ")[0]


def plane_of(model: "LoadedModel", example: "Example", image: str) -> int:
    """Return the position of an image among the model's inputs; for a stack that of the nearest input slice.

    Raises:
        InvalidInput: the model does not use that image.
    """
    takes, inputs = _model_inputs(model, example)
    if len(example.images) == 1:
        return len(inputs.images) // 2  # frames of one image, of which the middle one is shown
    order, shown = [one.image for one in example.images], [one.image for one in inputs.images]
    if image in shown:
        return shown.index(image)
    if takes != "stack":
        raise InvalidInput(f"The model does not use image {image} of this case; open one of its input images.")
    return min(range(len(shown)), key=lambda at: abs(order.index(shown[at]) - order.index(image)))


@lru_cache(maxsize=2)
def load_model_cached(folder: Path, _checkpoint_sha256: str) -> "LoadedModel":
    """Load a model, cached by its checkpoint's sha256, so that a resumed run is loaded again; do not modify it."""
    return inference.load(folder)


def _maps_by_image(
    model: "LoadedModel", example: "Example", image_id: int, saliency: "SaliencyMap"
) -> "Iterator[tuple[int, int, object]]":
    """Yield (image id, position among the model's inputs, map) of every image of the case that has a map."""
    if not saliency.all_images:
        yield image_id, 0, saliency.values
        return
    for image in sorted({int(one.image) for one in example.images}):
        try:
            at = plane_of(model, example, str(image))
        except InvalidInput:
            continue  # an image of a bag or study that the model does not use
        yield image, at, saliency.all_images[at]


def _model_inputs(model: "LoadedModel", example: "Example") -> "tuple[str, Example]":
    return MODELS[model.manifest.model].takes, inference.select_model_images(model.manifest, [example])[0]


def _has(model: "LoadedModel", needs: str) -> bool:
    return any(EXPLAINERS[name].layers == needs for name in MODELS[model.manifest.model].explainers)
