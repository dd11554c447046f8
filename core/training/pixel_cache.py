"""Cache of all training images in one uint16 file, written once and read batch-wise through a memory map."""

import hashlib
import json
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import NotTrainable
from core.imaging.atomic_write import atomic_write
from core.training.events import Log
from core.training.examples import Example, ImageRef, Pixels, read_image

if TYPE_CHECKING:
    from torch import Tensor

REPORT_EVERY_S = 5.0
AT_ONCE = 256  # images
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Batch:
    """Images (B, channels, size, size), or (B, V, channels, size, size) with `present` (B, V).

    The pixels are an array, or a tensor where they are on a GPU.
    """

    pixels: "Pixels | Tensor"
    present: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class PixelCache:
    """Images (n, channels, size, size) uint16 in the order of the examples; those of case i begin at `starts[i]`."""

    pixels: Pixels
    starts: Rows
    several: bool  # whether a model sees several of each case
    hash: str

    def read(self, rows: Rows) -> Batch:
        """Return the images of these cases, shorter bags padded with absent images."""
        at, present = self.places(rows)
        return Batch(self.pixels[at], present)

    def places(self, rows: Rows) -> tuple[Rows, NDArray[np.bool_] | None]:
        """Return the image indices (B,), or (B, V) with a mask of present ones (B, V)."""
        if not self.several:
            return rows, None
        counts = self.starts[rows + 1] - self.starts[rows]
        indices = np.arange(counts.max())[None]  # (1, V)
        present = indices < counts[:, None]
        return self.starts[rows][:, None] + np.where(present, indices, 0), present

    def normalisation(self, rows: Rows) -> tuple[list[float], list[float]]:
        """Return mean and standard deviation per channel over the images of these cases, with white = 1."""
        channels = self.pixels.shape[1]
        total, squares, count = np.zeros(channels), np.zeros(channels), 0
        indices = np.concatenate([np.arange(self.starts[row], self.starts[row + 1]) for row in rows])
        for chunk in np.array_split(indices, max(1, len(indices) // AT_ONCE)):
            values = self.pixels[chunk].astype(np.float64) / 65535.0  # (b, channels, size, size)
            total += values.sum(axis=(0, 2, 3))
            squares += np.square(values).sum(axis=(0, 2, 3))
            count += values.size // channels
        mean = total / count
        deviation = np.sqrt(np.maximum(squares / count - mean**2, 0.0))
        return mean.tolist(), np.maximum(deviation, 1e-3).tolist()


def open_cache(
    folder: Path, examples: Sequence[Example], *, size: int, channels: int, several: bool = False
) -> Generator[Log, None, PixelCache]:
    """Open the cache of these examples, creating it where missing or damaged; yields log lines meanwhile.

    Raises:
        NotTrainable: an image's pixels are missing or truncated.
    """
    name = content_hash(examples, size=size, channels=channels)
    starts = np.concatenate([[0], np.cumsum([len(one.images) for one in examples])]).astype(np.intp)
    path, shape = folder / f"{name}.u16", (int(starts[-1]), channels, size, size)
    if not _is_whole(path, name, shape):
        if path.exists():
            yield Log("The cached images are damaged or incomplete; creating them again.")
        yield from _make(path, examples, name=name, shape=shape)
    return PixelCache(np.memmap(path, dtype="<u2", mode="r", shape=shape), starts, several, name)


def content_hash(examples: Sequence[Example], *, size: int, channels: int) -> str:
    """Return the hash that names a cache: of its images, their order and size."""
    content = [[[plane.identity for plane in one.images] for one in examples], size, channels, "v2"]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make(path: Path, examples: Sequence[Example], *, name: str, shape: tuple[int, ...]) -> Generator[Log, None, None]:
    digest, last_report, done = hashlib.sha256(), time.monotonic(), 0
    with atomic_write(path) as file:
        for example in examples:
            for plane in example.images:
                image = _read(example, plane, size=shape[-1], channels=shape[1]).astype("<u2").tobytes()
                digest.update(image)
                file.write(image)
                done += 1
            if time.monotonic() - last_report > REPORT_EVERY_S:
                last_report = time.monotonic()
                yield Log(f"Preparing images: {done} of {shape[0]}.")
    index = {"hash": name, "shape": list(shape), "sha256": digest.hexdigest(), "keys": [one.key for one in examples]}
    with atomic_write(path.with_suffix(".json")) as file:
        file.write(json.dumps(index).encode())
    yield Log(f"Prepared {shape[0]} images of {shape[-1]}×{shape[-1]} px.")


def _read(example: Example, plane: ImageRef, *, size: int, channels: int) -> Pixels:
    try:
        return read_image(plane, size=size, channels=channels)
    except (OSError, ValueError) as error:
        raise NotTrainable(
            f"The pixels of case {example.key} cannot be read ({type(error).__name__}); import the file again and "
            "resume, or exclude the image and freeze again."
        ) from error


def _is_whole(path: Path, name: str, shape: tuple[int, ...]) -> bool:
    index = _index(path.with_suffix(".json")) if path.exists() else {}
    if index.get("hash") != name or index.get("shape") != list(shape):
        return False
    return path.stat().st_size == 2 * int(np.prod(shape)) and index.get("sha256") == file_sha256(path)


def _index(path: Path) -> dict[str, Any]:
    try:
        index = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return index if isinstance(index, dict) else {}
