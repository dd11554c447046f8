"""Cases as training reads them: images windowed at full depth and resized to a square, uint16. Loads no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.imaging.pixel_format import PixelFormat
from core.imaging.voi_lut import read_samples, to_unrounded_grey

Pixels = NDArray[np.uint16]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ImageRef:
    """Reference to one image: file and offset of its samples, and its frame (None: the middle one).

    `image` is the id of the image; `view` its view position ("PA"), or the modality ("CT").
    """

    pixels: Path
    offset: int
    format: PixelFormat
    frame: int | None = None
    image: str = ""
    view: str = ""

    @property
    def identity(self) -> list[Any]:
        """Everything that decides the pixels, for names of caches; the file name is the hash of its content."""
        return [self.pixels.name, self.offset, self.format.to_json(), self.frame]


@dataclass(frozen=True, slots=True)
class Example:
    """A case of a snapshot as training reads it.

    `images` are all its images (one of an image task, the slices of a series in order, the images of a study) and
    `main` is the index of the main one. `targets` are the known values of all heads side by side: a class index, a
    value, 1 or 0 for a finding; NaN where unknown. `weight` scales its loss; `repeats` is how often an epoch includes
    it (0: never). Both matter only in the train split.
    """

    key: str
    images: tuple[ImageRef, ...]
    main: int
    targets: tuple[float, ...]
    split: str
    weight: float
    repeats: int
    patient: str

    @property
    def label(self) -> int:
        """Class index, where the first head is single-label; every case of a snapshot has one."""
        return int(self.targets[0])

    @property
    def picture(self) -> ImageRef:
        """Main image."""
        return self.images[self.main]


def channel_count(examples: Sequence[Example]) -> int:
    """Return 3 where any image is in colour, else 1."""
    return max((plane.format.channels for one in examples for plane in one.images), default=1)


def median_edge(examples: Sequence[Example]) -> int:
    """Return the median of the longer sides, in pixels."""
    return int(np.median([max(one.picture.format.rows, one.picture.format.columns) for one in examples]))


def read_image(plane: ImageRef, *, size: int, channels: int) -> Pixels:
    """Return an image at the window of its format, resized to (channels, size, size); 0 is black, 65535 white."""
    greys = _greys(frame_samples(plane), plane.format)
    channel_images = _as_many([resize(one, size, size) for one in greys], channels)
    return np.round(np.stack(channel_images).clip(0.0, 255.0) * 257.0).astype(np.uint16)


def frame_samples(plane: ImageRef) -> NDArray[Any]:
    """Return the stored samples of an image's frame, (rows, columns, channels)."""
    frame = plane.format.frames // 2 if plane.frame is None else plane.frame
    return np.asarray(read_samples(plane.pixels, plane.format, offset=plane.offset, frame=frame))


def resize(values: Floats, rows: int, columns: int) -> Floats:
    """Return a plane resized to (rows, columns), bilinear, averaging where it shrinks."""
    from PIL import Image as Picture

    if values.shape == (rows, columns):
        return values
    return np.asarray(Picture.fromarray(values).resize((columns, rows), Picture.Resampling.BILINEAR), dtype=np.float32)


def _as_many(planes: list[Floats], channels: int) -> list[Floats]:
    """Convert grey to three equal channels, or colour to luma (ITU-R BT.601), as the model requires."""
    if len(planes) == 3 and channels == 1:
        red, green, blue = planes
        return [0.299 * red + 0.587 * green + 0.114 * blue]
    return planes * channels if len(planes) < channels else planes


def _greys(samples: NDArray[Any], form: PixelFormat) -> list[Floats]:
    """Return planes of 0..255 with fractions, so that 16-bit images keep more than 256 levels."""
    greys = to_unrounded_grey(samples, form)
    planes = [greys] if greys.ndim == 2 else [greys[..., channel] for channel in range(3)]
    return [np.ascontiguousarray(plane, dtype=np.float32) for plane in planes]
