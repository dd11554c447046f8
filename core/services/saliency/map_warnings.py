"""Warn a reader about one saliency map: heat on text, outside the body, or everywhere."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from core.errors import NotTrainable
from core.explain.sanity.regions import heat_by_region, places, words
from core.imaging.pixel_format import PixelFormat
from core.imaging.store import Store
from core.services.images import images
from core.services.saliency.store import MapView
from core.settings import Settings
from core.training.examples import ImageRef, read_image
from db import Database

EDGE = 256


@dataclass(frozen=True, slots=True)
class MapWarnings:
    """The warnings about a map, () if there are none; the shares of heat are None if they cannot be computed."""

    warnings: tuple[str, ...]
    outside: float | None
    marks: float | None


def map_warnings(db: Database, settings: Settings, image_id: int, saliency: MapView) -> MapWarnings:
    """Return the warnings about a stored map, from the pixels of its image.

    Raises:
        NotFound: no such image.
        NotTrainable: its pixels are missing.
    """
    image = images.get(db, image_id)
    return _from_pixels(saliency.path, Store(settings.home).pixels(image.sha256), image)


@lru_cache(maxsize=256)
def _compute(path: Path, pixels: Path, offset: int, format_json: str) -> MapWarnings:
    from PIL import Image as Picture

    plane = ImageRef(pixels, offset, PixelFormat.from_json(json.loads(format_json)))
    grey = read_image(plane, size=EDGE, channels=1)[0].astype(np.float32) / 65535
    with Picture.open(path) as picture:
        values = np.asarray(picture, dtype=np.float32) / 255
    heat = heat_by_region(values.astype(np.float32), places(grey.astype(np.float32)))
    return MapWarnings(words(heat), heat.outside, heat.marks)


def _from_pixels(path: Path, pixels: Path, image: images.ImageView) -> MapWarnings:
    try:
        return _compute(path, pixels, image.offset, json.dumps(image.format.to_json(), sort_keys=True))
    except (OSError, ValueError) as error:
        raise NotTrainable(f"The pixels of image {image.id} cannot be read; import its file again.") from error
