"""Maps made and filed: of the pictures of one case by a loaded model."""

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


def compute_map(model: "LoadedModel", example: "Example", image_id: int | None, asked: MapKey) -> "SaliencyMap":
    """The map of that image of a case; without one of the picture that has the peak.

    Raises:
        InvalidInput: the model does not look at that image, or the method does not suit it.
        NotTrainable: the pixels are gone, or the GPU's memory is too small.
    """
    plane = None if image_id is None else plane_of(model, example, str(image_id))
    with devices.out_of_memory_hint(f"a map by a {model.manifest.model}", inference.FREE):
        return explain(
            model,
            example,
            method=asked.method,
            class_index=asked.class_index,
            plane=plane,
            layer=asked.layer or None,
        )


def store_maps(
    settings: Settings,
    model: "LoadedModel",
    example: "Example",
    image_id: int,
    asked: MapKey,
    found: "SaliencyMap",
    images: "Mapping[int, Image]",
) -> None:
    """File the map, and those of the case's other pictures that came with it; `images` are the case's, by id."""
    for image, at, values in _shown(model, example, image_id, found):
        about = {"class": str(found.class_index), "probability": repr(found.probability)}
        if found.layer:
            about["layer"] = layer_title(settings, model, asked, found.layer)
        if found.all_images:
            takes, seen = _seen(model, example)
            titles = titles_of(example, seen, takes=takes)
            about |= {"picture": titles[at], "counted": json.dumps(shares_of(titles, found.plane_weights))}
        write(asked.path(settings, images[image]), values, about)


def layer_title(settings: Settings, model: "LoadedModel", asked: MapKey, layer: str) -> str:
    """What people call a layer: its name, or of attention which layer and head."""
    kept = store.layers_of(settings, asked.checkpoint)
    if kept is None:
        kept = {needs: layer_titles(model, needs) for needs in ("convolution", "attention") if _has(model, needs)}
        store.write_layers(settings, asked.checkpoint, kept)
    title = next((titles[layer] for titles in kept.values() if layer in titles), layer)
    return title.partition(" · ")[0]


def plane_of(model: "LoadedModel", example: "Example", image: str) -> int:
    """Which of the pictures that a model sees is that image, of a stack the nearest slice that it sees.

    Raises:
        InvalidInput: the model does not look at that picture.
    """
    takes, seen = _seen(model, example)
    if len(example.images) == 1:
        return len(seen.images) // 2  # its frames, of which the middle one is shown
    order, shown = [one.image for one in example.images], [one.image for one in seen.images]
    if image in shown:
        return shown.index(image)
    if takes != "stack":
        raise InvalidInput(f"The model did not look at this picture of the case (image {image}); open one that it saw.")
    return min(range(len(shown)), key=lambda at: abs(order.index(shown[at]) - order.index(image)))


@lru_cache(maxsize=2)
def load_model_cached(folder: Path, _checkpoint_sha256: str) -> "LoadedModel":
    """By content, so that a resumed run is loaded anew; read-only once loaded."""
    return inference.load(folder)


def _shown(
    model: "LoadedModel", example: "Example", image_id: int, found: "SaliencyMap"
) -> "Iterator[tuple[int, int, object]]":
    """(image, which of those the model sees, its map) of every picture of the case that has one."""
    if not found.all_images:
        yield image_id, 0, found.values
        return
    for image in sorted({int(one.image) for one in example.images}):
        try:
            at = plane_of(model, example, str(image))
        except InvalidInput:
            continue  # of a bag or of two views: one that the model did not see
        yield image, at, found.all_images[at]


def _seen(model: "LoadedModel", example: "Example") -> "tuple[str, Example]":
    return MODELS[model.manifest.model].takes, inference.select_model_images(model.manifest, [example])[0]


def _has(model: "LoadedModel", needs: str) -> bool:
    return any(EXPLAINERS[name].layers == needs for name in MODELS[model.manifest.model].explainers)
