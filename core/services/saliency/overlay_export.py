"""Write a saliency map over its image, at the image's resolution."""

from pathlib import Path

import numpy as np

from core.errors import InvalidInput
from core.explain.overlay import overlay_png
from core.imaging.store import Store
from core.imaging.voi_lut import read_samples, to_grey
from core.services.images.images import ImageView
from core.settings import Settings


def save(settings: Settings, image: ImageView, map_file: Path, out: Path, *, opacity: float = 0.45) -> None:
    """Write a PNG of the map over the image (middle frame, default window).

    Raises:
        InvalidInput: the file cannot be written.
    """
    from PIL import Image as Picture

    path = Store(settings.home).pixels(image.sha256)
    samples = read_samples(path, image.format, offset=image.offset, frame=image.format.frames // 2)
    with Picture.open(map_file) as picture:
        heat = np.asarray(picture, dtype=np.float32) / 255.0
    try:
        out.write_bytes(overlay_png(to_grey(samples, image.format), heat, opacity=opacity))
    except OSError as error:
        raise InvalidInput(f"{out} cannot be written ({error.strerror}); give another file with --out.") from error
