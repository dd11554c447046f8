"""Import MedMNIST archives: train_images, train_labels, val_…, test_… in one .npz."""

import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import RejectedFile
from core.imaging.colour_depth import stored_colour
from core.imaging.decoded_image import DecodedImage
from core.imaging.npz_labels import ArchiveLabel, check_count, read_labels
from core.imaging.pixel_format import PixelFormat
from core.imaging.voi_lut import Array, format_of_unsigned

SPLITS = ("train", "val", "test")


def read(path: Path, data: bytes | None = None) -> Iterator[DecodedImage]:
    """Yield every image in order, named by split and index; the fact `split` is the split of the archive.

    Raises:
        RejectedFile: not in the layout of MedMNIST, unsafe, or damaged.
    """
    try:
        source = path.open("rb") if data is None else BytesIO(data)
        with source as file, np.load(file, allow_pickle=False) as arrays:  # numpy does not close a damaged file
            yield from _read(arrays)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, KeyError, zlib.error) as error:
        raise RejectedFile("is a damaged or truncated npz and cannot be read.") from error
    except RuntimeError as error:  # of zipfile
        raise RejectedFile("is an npz that is encrypted or compressed in an unusual way; save it again.") from error


def _read(arrays: Any) -> Iterator[DecodedImage]:
    names = set(arrays.files)
    splits = [split for split in SPLITS if f"{split}_images" in names]
    if not splits:
        raise RejectedFile("is an npz without train_images, val_images or test_images, the layout of MedMNIST.")
    given = {split: _array(arrays, f"{split}_labels") for split in splits if f"{split}_labels" in names}
    labels = read_labels(given)
    for split in splits:
        images = _array(arrays, f"{split}_images")
        _check_images(split, images)
        if split in given:
            check_count(split, given[split], len(images))
        yield from _split(split, images, labels.get(split))


def _array(arrays: Any, name: str) -> Array:
    try:
        array: Array = arrays[name]
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        raise RejectedFile(
            f"holds {name} as Python objects (a pickle), which is unsafe to open; save plain numbers or text."
        ) from error
    return array


def _check_images(split: str, images: Array) -> None:
    if images.dtype not in (np.uint8, np.uint16) or images.ndim not in (3, 4, 5) or 0 in images.shape[1:]:
        raise RejectedFile(
            f"has {split}_images of type {images.dtype} and shape {images.shape}; only unsigned integers of 8 or 16 "
            "bits (uint8, uint16) in 3 to 5 dimensions are supported."
        )


def _split(split: str, images: Array, labels: list[ArchiveLabel] | None) -> Iterator[DecodedImage]:
    for index, image in enumerate(images):
        label = labels[index] if labels else ArchiveLabel(None)
        samples, format, notes = _decode_image(image)
        facts = {"split": split} | ({"label_left_out": label.left_out} if label.left_out else {})
        notes += ("label_left_out",) if label.left_out is not None else ()
        yield DecodedImage(
            item=f"{split}/{index}", samples=samples, format=format, facts=facts, label=label.text, notes=notes
        )


def _decode_image(image: Array) -> tuple[Array, PixelFormat, tuple[str, ...]]:
    bits, channels = image.dtype.itemsize * 8, image.shape[-1] if image.ndim >= 3 else 0
    notes: tuple[str, ...] = ()
    if channels in (2, 4) and image.ndim == 3 and min(image.shape[:2]) > channels:
        notes = ("alpha",) if (image[..., -1] != np.iinfo(image.dtype).max).any() else ()
        image = image[..., :-1]
    has_channels = image.ndim >= 3 and image.shape[-1] in (1, 3)
    if image.ndim == 4 and not has_channels:
        raise RejectedFile(f"has images of shape {image.shape}, whose last axis is neither one grey nor three colours.")
    if has_channels and (image == image[..., :1]).all() and (image.shape[-1] == 1 or bits == 16):
        image, has_channels = image[..., 0], False
    image, bits = stored_colour(image, bits) if has_channels else (np.ascontiguousarray(image), bits)
    frames = image if image.ndim == (4 if has_channels else 3) else image[np.newaxis]
    decoder = f"numpy {np.__version__}"
    return *format_of_unsigned(frames, bits=bits, decoder=decoder, colour=has_channels), notes
