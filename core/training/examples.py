"""The pictures of a case as a model meets them: windowed at full depth, stretched to a square, uint16; no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.imaging.pixel_format import PixelFormat
from core.imaging.voi_lut import read_samples, to_values, window

Pixels = NDArray[np.uint16]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ImageRef:
    """One picture: where its samples lie and which frame it is (None: the middle one).

    `image` names the image it is of; `view` is how it was taken ("PA"), or the modality ("CT").
    """

    pixels: Path
    offset: int
    format: PixelFormat
    frame: int | None = None
    image: str = ""
    view: str = ""

    @property
    def identity(self) -> list[Any]:
        """What decides its pixels: for names of caches. The file's name is its content's hash."""
        return [self.pixels.name, self.offset, self.format.to_json(), self.frame]


@dataclass(frozen=True, slots=True)
class Example:
    """A frozen case as training reads it.

    `planes` are all its pictures (of an image one, of a series its slices in order, of a study its images) and `main`
    is the one that stands for it. `targets` is what is known of the heads' answers side by side: a class's index, a
    value, 1 or 0 for a finding; NaN where unknown. `weight` scales its loss; `repeats` is how often an epoch shows it
    (0: never). Weight and repeats only matter in the train split.
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
        """The class's index, where the first head is of one class; it has one in every frozen case."""
        return int(self.targets[0])

    @property
    def picture(self) -> ImageRef:
        """The one that stands for it."""
        return self.images[self.main]


def channel_count(examples: Sequence[Example]) -> int:
    """3 where any picture is in colour, else 1."""
    return max((plane.format.channels for one in examples for plane in one.images), default=1)


def median_edge(examples: Sequence[Example]) -> int:
    """Median of the longer sides, in pixels."""
    return int(np.median([max(one.picture.format.rows, one.picture.format.columns) for one in examples]))


def read_image(plane: ImageRef, *, size: int, channels: int) -> Pixels:
    """A picture at its own window, whole, stretched to (channels, size, size); 0 is black, 65535 white."""
    form = plane.format
    frame = form.frames // 2 if plane.frame is None else plane.frame
    samples = read_samples(plane.pixels, form, offset=plane.offset, frame=frame)
    planes = _as_many([resize(one, size, size) for one in _greys(np.asarray(samples), form)], channels)
    return np.round(np.stack(planes).clip(0.0, 255.0) * 257.0).astype(np.uint16)


def resize(values: Floats, rows: int, columns: int) -> Floats:
    """A plane at another size, (rows, columns): bilinear, averaging where it shrinks."""
    from PIL import Image as Picture

    if values.shape == (rows, columns):
        return values
    return np.asarray(Picture.fromarray(values).resize((columns, rows), Picture.Resampling.BILINEAR), dtype=np.float32)


def _as_many(planes: list[Floats], channels: int) -> list[Floats]:
    """Grey for a model of colour three times; colour for a model of grey as its luma (ITU-R BT.601)."""
    if len(planes) == 3 and channels == 1:
        red, green, blue = planes
        return [0.299 * red + 0.587 * green + 0.114 * blue]
    return planes * channels if len(planes) < channels else planes


def _greys(samples: NDArray[Any], form: PixelFormat) -> list[Floats]:
    """Planes of 0..255 with their fractions, so that 16 bit stay more than 256 greys."""
    if form.channels == 3:
        return [np.ascontiguousarray(samples[..., channel], dtype=np.float32) for channel in range(3)]
    grey = window(
        to_values(samples[..., 0], form), center=form.window_center, width=form.window_width, function=form.voi_function
    )
    if form.photometric == "MONOCHROME1":
        grey = 255.0 - grey
    return [np.ascontiguousarray(grey, dtype=np.float32)]
