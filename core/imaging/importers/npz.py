"""Import MedMNIST archives: train_images, train_labels, val_…, test_… in one .npz."""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np

from core.errors import RejectedFile
from core.imaging.decoded_image import DecodedImage
from core.imaging.pixel_format import PixelFormat
from core.imaging.voi_lut import Array, format_of_unsigned

SPLITS = ("train", "val", "test")


def recognises(head: bytes) -> bool:
    """Return whether the file is a zip archive whose first member is an array."""
    return head.startswith(b"PK\x03\x04") and b".npy" in head[:300]


def read(path: Path, data: bytes | None = None) -> Iterator[DecodedImage]:
    """Yield every image in order, named by split and index; the fact `split` is the split of the archive.

    Raises:
        RejectedFile: not in the layout of MedMNIST, or damaged.
    """
    try:
        source = path.open("rb") if data is None else BytesIO(data)
        with source as file, np.load(file, allow_pickle=False) as arrays:  # numpy does not close a damaged file
            names = set(arrays.files)
            splits = [split for split in SPLITS if f"{split}_images" in names]
            if not splits:
                raise RejectedFile("is an npz without train_images, val_images or test_images, the layout of MedMNIST.")
            for split in splits:
                labels = arrays[f"{split}_labels"] if f"{split}_labels" in names else None
                yield from _split(split, arrays[f"{split}_images"], labels)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, KeyError) as error:
        raise RejectedFile("is a damaged or unsafe npz and cannot be read.") from error


def _split(split: str, images: Array, labels: Array | None) -> Iterator[DecodedImage]:
    if images.dtype not in (np.uint8, np.uint16) or images.ndim not in (3, 4, 5):
        raise RejectedFile(
            f"has {split}_images of type {images.dtype} with {images.ndim} dimensions; only 8- and 16-bit images "
            "are supported."
        )
    if labels is not None and (len(labels) != len(images) or labels.reshape(len(labels), -1).shape[1] != 1):
        raise RejectedFile(f"has {split}_labels that are not one per image; multi-label archives are not supported.")
    texts = [str(int(one)) for one in labels.reshape(-1)] if labels is not None else [None] * len(images)
    for index, (image, text) in enumerate(zip(images, texts, strict=True)):
        samples, format = _decode_image(image)
        yield DecodedImage(item=f"{split}/{index}", samples=samples, format=format, facts={"split": split}, label=text)


def _decode_image(image: Array) -> tuple[Array, PixelFormat]:
    colour = image.ndim >= 3 and image.shape[-1] == 3
    frames = image if image.ndim == (4 if colour else 3) else image[np.newaxis]
    return format_of_unsigned(frames, bits=image.dtype.itemsize * 8, decoder=f"numpy {np.__version__}", colour=colour)
