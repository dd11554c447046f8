"""Say what was understood of an image: its shape, range, window, stack, facts and notes; its picture and values."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from core.errors import InvalidInput, NotFound
from core.imaging import deidentify, voi_lut
from core.imaging.atomic_write import atomic_write
from core.services.images import image_notes, image_pixels, images
from core.services.images.images import ImageView
from core.settings import Settings
from db import Database, queries
from db.tables import Image

SHA256_CHARACTERS = 8  # the fewest that name a file
NOT_FINITE = "not_finite"
# A stem names a file of any of these endings; a catalogue holds true file names as keyed hashes only.
LOWER = (".dcm", ".dicom", ".ima", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".nii", ".nii.gz", ".hdr")
ENDINGS = ("", *LOWER, *(ending.upper() for ending in LOWER))


@dataclass(frozen=True, slots=True)
class ShownImage:
    """What was understood of an image. `stack` has the number of its slices; `kinds` are its notes and its stack's."""

    view: ImageView
    slices: int
    kinds: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain values: modality values without padding, the window as its lowest and highest value."""
        format, stack = self.view.format, self.view.stack
        grey = format.channels == 1
        return {
            "image": self.view.id,
            "name": self.view.name,
            "patient": self.view.patient,
            "shape": [format.frames, format.rows, format.columns],
            "range": [format.low, format.high],
            "window": list(format.window_bounds) if grey else None,
            "stack": {"id": stack.id, "place": stack.place, "of": self.slices, "spacing_mm": stack.spacing_mm}
            if stack and self.slices > 1
            else None,
            "facts": self.view.facts,
            "notes": list(self.kinds),
        }


def find_images(db: Database, settings: Settings, names: Sequence[str]) -> list[ShownImage]:
    """Return the images of these names, without a name all images.

    A name is a file name, its stem, the sha256 of the file, or `id:24`.

    Raises:
        NotFound: a name that no image has.
    """
    ids = [image_id for name in names for image_id in _ids_of(db, settings, name)] if names else _all_ids(db)
    views = images.many(db, list(dict.fromkeys(ids)))
    slices = _slices_of(db, {view.series_id for view in views if view.series_id})
    kinds = image_notes.notes_of(db, [view.id for view in views])
    return [
        ShownImage(
            view,
            slices.get(view.series_id or 0, 1),
            tuple(dict.fromkeys((*kinds.get(view.id, ()), *(view.stack.notes if view.stack else ())))),
        )
        for view in views
    ]


def write_picture(settings: Settings, shown: ShownImage, path: Path, *, frame: int = 0) -> None:
    """Write a PNG of a frame, in display order, as the viewer first shows it, at its own size.

    Raises:
        InvalidInput: there is no such frame.
        NotFound: the pixels are gone.
    """
    from PIL import Image as Picture

    view = shown.view
    if not 0 <= frame < view.format.frames:
        raise InvalidInput(
            f"Image {view.id} has {view.format.frames} frames; --frame is {frame}, give 0 to {view.format.frames - 1}."
        )
    grey = voi_lut.to_grey(_samples(settings, view)[frame], view.format)
    with atomic_write(path, durable=False) as file:
        Picture.fromarray(grey).save(file, format="PNG")


def write_values(settings: Settings, shown: ShownImage, path: Path) -> None:
    """Write the rescaled values as .npy (frames, rows, columns), with a last axis of 3 for colour; NaN as in the file.

    Raises:
        NotFound: the pixels are gone.
    """
    rescaled = _values(settings, shown)
    with atomic_write(path, durable=False) as file:
        np.save(file, rescaled)


def _values(settings: Settings, shown: ShownImage) -> NDArray[np.float64]:
    format, samples = shown.view.format, _samples(settings, shown.view)
    if format.channels == 3:
        return samples.astype(np.float64)
    rescaled = samples[..., 0].astype(np.float64) * format.slope + format.intercept
    outside = voi_lut.is_padding(samples[..., 0], format) if NOT_FINITE in shown.kinds else None
    return rescaled if outside is None else np.where(outside, np.nan, rescaled)


def _samples(settings: Settings, view: ImageView) -> NDArray[Any]:
    with image_pixels.missing_pixels(view):
        return voi_lut.read_samples(image_pixels.whole_file(settings, view), view.format, offset=view.offset)


def _all_ids(db: Database) -> list[int]:
    with db.read() as session:
        return list(session.scalars(select(Image.id).order_by(Image.id)))


def _ids_of(db: Database, settings: Settings, name: str) -> list[int]:
    if name.startswith("id:") and name[3:].isdigit():
        condition = Image.id == int(name[3:])
    else:
        key = settings.key("pseudonym")
        hashes = [deidentify.keyed_hash(key, name.rsplit("/", 1)[-1] + ending) for ending in ENDINGS]
        condition = Image.name_key.in_(hashes) | (Image.name == name)
        if len(name) >= SHA256_CHARACTERS and not set(name.lower()) - set("0123456789abcdef"):
            condition |= Image.sha256.startswith(name.lower())
    with db.read() as session:
        ids = list(session.scalars(select(Image.id).where(condition).order_by(Image.id)))
    if not ids:
        raise NotFound(f"No image is named '{name}'; give a file name, the sha256 of the file, or id:NUMBER.")
    return ids


def _slices_of(db: Database, series_ids: set[int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    with db.read() as session:
        for ids in queries.chunks(sorted(series_ids)):
            counted = select(Image.series_id, func.count()).where(Image.series_id.in_(ids)).group_by(Image.series_id)
            counts.update({series_id or 0: count for series_id, count in session.execute(counted)})
    return counts
