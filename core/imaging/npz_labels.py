"""Read the labels of an npz archive as texts, and leave out what names no class."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import RejectedFile
from core.imaging.voi_lut import Array


@dataclass(frozen=True, slots=True)
class ArchiveLabel:
    """A label as text, None without one; `left_out` is what the archive has instead of a class."""

    text: str | None
    left_out: str | None = None


def read_labels(labels: Mapping[str, Array]) -> dict[str, list[ArchiveLabel]]:
    """Return the labels of each split that has labels.

    Raises:
        RejectedFile: of a type that is neither number nor text.
    """
    for split, array in labels.items():
        if array.dtype.kind not in "biufUS":
            raise RejectedFile(f"has {split}_labels of type {array.dtype}; labels must be numbers or text.")
    # Codes of classes are whole numbers from 0; where numbers have fractions, they are measurements, of any sign.
    is_measured = any(array.dtype.kind == "f" and _has_fraction(array) for array in labels.values())
    return {split: [_label(one, is_measured) for one in array.reshape(-1)] for split, array in labels.items()}


def check_count(split: str, array: Array, count: int) -> None:
    """Check that a split has one label for each of its images.

    Raises:
        RejectedFile: it has not.
    """
    if array.ndim == 0 or len(array) != count:
        number = len(array) if array.ndim else 1
        raise RejectedFile(f"has {number} {split}_labels for {count} {split}_images; there must be one per image.")
    if array.size != count:
        raise RejectedFile(
            f"has {array.size // max(count, 1)} {split}_labels for each image; multi-label archives are not supported."
        )


def _has_fraction(array: Array) -> bool:
    finite = array[np.isfinite(array)]
    return bool((finite != np.round(finite)).any())


def _label(value: np.generic, is_measured: bool) -> ArchiveLabel:
    if isinstance(value, np.bytes_ | np.str_):
        text = (value.decode("utf-8", "replace") if isinstance(value, np.bytes_) else str(value)).strip()
        return ArchiveLabel(text) if text else ArchiveLabel(None, "")
    number = float(value)
    if not np.isfinite(number):
        return ArchiveLabel(None, str(number))
    text = str(value) if number != round(number) else str(int(value))
    return ArchiveLabel(None, text) if number < 0 and not is_measured else ArchiveLabel(text)
