"""Small made images that a model can tell apart in an epoch or two: stripes across, stripes down, checks."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from core.imaging.pixel_format import PixelFormat
from core.imaging.voi_lut import format_of_unsigned
from core.models.heads import single_head
from core.training.examples import Example, ImageRef

CLASSES = ("across", "down", "checks")
HEADS = [single_head(CLASSES)]


def example_of(key: str, path: Path, offset: int, form: PixelFormat, label: float, split: str) -> Example:
    """A case of one picture, of a patient of its own."""
    return Example(key, (ImageRef(path, offset, form),), 0, (label,), split, 1.0, 1, key)


def moved(example: Example, **changes: object) -> Example:
    """The case with another place, offset or format of its picture."""
    return replace(example, images=(replace(example.picture, **changes),))


def picture(label: int, *, size: int, rng: np.random.Generator) -> np.ndarray:
    rows, columns = np.indices((size, size))
    phase = int(rng.integers(4))
    across, down = ((rows + phase) // 2) % 2, ((columns + phase) // 2) % 2
    pattern = (across, down, across ^ down)[label]
    return np.clip(pattern * 120 + 60 + rng.normal(0, 20, (size, size)), 0, 255).astype(np.uint8)


def textures(
    folder: Path,
    *,
    classes: int = 2,
    each: int = 16,
    size: int = 28,
    splits: tuple[str, ...] = ("train", "val", "test"),
) -> list[Example]:
    """`each` images of every class in every split, in one file of samples."""
    folder.mkdir(parents=True, exist_ok=True)
    path, rng, examples = folder / "textures.raw", np.random.default_rng(0), []
    with path.open("wb") as file:
        for split in splits:
            for number in range(classes * each):
                label = number % classes
                samples, form = format_of_unsigned(picture(label, size=size, rng=rng)[None], bits=8, decoder="made")
                key = f"{split}/{number}"
                examples.append(example_of(key, path, file.tell(), form, label, split))
                file.write(samples.tobytes())
    return examples
