"""What the reading process leaves of a file in the store, and what it tells of it."""

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
    """A file as it was read; `data` is None where it is too long. `at` is where the catalogue has its pixels begin,
    None where it does not know the file."""

    path: Path
    sha256: str
    data: bytes | None = field(repr=False)
    at: int | None = None


def store_file(
    original: SourceFile, found: Iterator[DecodedImage], store: Store, *, reference: bool
) -> list[dict[str, Any]]:
    """Original, pixels and thumbnails; gives what is to be told of each image.

    Pixels that lie in the original as they are wanted are not written again. Where they begin is the same whether they
    could be shared or not, for a row of the catalogue must outlive its file.
    """
    first = next(found, None)
    lying = _offset_in_file(first.samples, original.data) if first is not None and not first.item else None
    start = lying or 0 if original.at is None else original.at
    if first is not None and lying is not None and lying == start and not reference:
        store.put_original(original.path, original.sha256, original.data)
        if store.link_pixels(original.sha256):
            _draw(store, original.sha256, first)
            return [image_metadata(first, start)]
    told: list[dict[str, Any]] = []

    def chunks() -> Iterator[Array]:
        for one in chain([first] if first is not None else [], found):
            told.append(image_metadata(one, 0))
            yield one.samples
            if not one.item:  # an archive's thousands are drawn when they are looked at
                _draw(store, original.sha256, one)

    offsets = store.write_pixels(original.sha256, chunks(), start=start)
    if reference:
        store.put_reference(original.path, original.sha256)
    else:
        store.put_original(original.path, original.sha256, original.data)
    return [{**one, "offset": offset} for one, offset in zip(told, offsets, strict=True)]


def image_metadata(found: DecodedImage, offset: int) -> dict[str, Any]:
    """All but the samples, as plain values."""
    return {
        "item": found.item,
        "format": found.format.to_json(),
        "offset": offset,
        "identity": {name: getattr(found.identity, name) for name in NAMES},
        "facts": found.facts,
        "pixel_sha256": _pixel_sha256(found.samples),
        "position": found.position,
        "label": found.label,
    }


def _offset_in_file(samples: Array, data: bytes | None) -> int | None:
    """Where in the file's bytes the samples lie, None where they are others."""
    if data is None or not samples.flags.c_contiguous or samples.dtype.newbyteorder("<") != samples.dtype:
        return None
    at = samples.ctypes.data - np.frombuffer(data, np.uint8).ctypes.data
    return at if 0 <= at <= len(data) - samples.nbytes and at % samples.itemsize == 0 else None


def _pixel_sha256(samples: Array) -> str:
    digest = hashlib.sha256(f"{samples.shape}".encode())
    digest.update(np.ascontiguousarray(samples).data)
    return digest.hexdigest()


def _draw(store: Store, sha256: str, found: DecodedImage) -> None:
    with suppress(ValueError, ZeroDivisionError):  # an image too odd to be drawn small is an image all the same
        store.make_thumbnail(sha256, found.item, found.samples, found.format)
