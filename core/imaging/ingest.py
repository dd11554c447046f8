"""Store a decoded file (original, pixels, thumbnails) and describe its images."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, fields
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from core.imaging.decoded_image import DecodedImage
from core.imaging.deidentify import Identity
from core.imaging.store import Store
from core.imaging.voi_lut import Array

NAMES = tuple(one.name for one in fields(Identity))


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as it was read; `data` is None for large files.

    `at` is the pixel offset in the catalogue, None if the file is not in the catalogue.
    """

    path: Path
    sha256: str
    data: bytes | None = field(repr=False)
    at: int | None = None


def store_file(
    original: SourceFile, images: Iterator[DecodedImage], store: Store, *, reference: bool
) -> list[dict[str, Any]]:
    """Write original, pixels and thumbnails, and return the metadata of each image.

    Pixels that the original contains in store format are hard-linked, not written again. Their offset is the same
    either way, because a catalogue row must stay valid if the file is imported again.
    """
    first = next(images, None)
    start_in_file = _offset_in_file(first.samples, original.data) if first is not None and not first.item else None
    start = start_in_file or 0 if original.at is None else original.at
    if first is not None and start_in_file is not None and start_in_file == start and not reference:
        store.put_original(original.path, original.sha256, original.data)
        if store.link_pixels(original.sha256):
            _make_thumbnail(store, original.sha256, first)
            return [image_metadata(first, start)]
    entries: list[dict[str, Any]] = []

    def chunks() -> Iterator[Array]:
        for decoded in chain([first] if first is not None else [], images):
            entries.append(image_metadata(decoded, 0))
            yield decoded.samples
            if not decoded.item:  # thumbnails of archives are drawn on demand
                _make_thumbnail(store, original.sha256, decoded)

    offsets = store.write_pixels(original.sha256, chunks(), start=start)
    if reference:
        store.put_reference(original.path, original.sha256)
    else:
        store.put_original(original.path, original.sha256, original.data)
    return [{**one, "offset": offset} for one, offset in zip(entries, offsets, strict=True)]


def image_metadata(image: DecodedImage, offset: int) -> dict[str, Any]:
    """Return everything but the samples as JSON values."""
    return {
        "item": image.item,
        "format": image.format.to_json(),
        "offset": offset,
        "identity": {name: getattr(image.identity, name) for name in NAMES},
        "facts": image.facts,
        "pixel_sha256": _pixel_sha256(image.samples),
        "attributes": image.attributes.to_json() if image.attributes else {},
        "label": image.label,
        "notes": list(image.notes),
    }


def _offset_in_file(samples: Array, data: bytes | None) -> int | None:
    """Return the offset of the samples in the bytes of the file, None if they are not a view of them."""
    if data is None or not samples.flags.c_contiguous or samples.dtype.newbyteorder("<") != samples.dtype:
        return None
    at = samples.ctypes.data - np.frombuffer(data, np.uint8).ctypes.data
    return at if 0 <= at <= len(data) - samples.nbytes and at % samples.itemsize == 0 else None


def _pixel_sha256(samples: Array) -> str:
    digest = hashlib.sha256(f"{samples.shape}".encode())
    digest.update(np.ascontiguousarray(samples).data)
    return digest.hexdigest()


def _make_thumbnail(store: Store, sha256: str, image: DecodedImage) -> None:
    with suppress(ValueError, ZeroDivisionError):  # an image that cannot be drawn as a thumbnail is still imported
        store.make_thumbnail(sha256, image.item, image.samples, image.format)
