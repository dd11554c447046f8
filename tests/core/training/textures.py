"""Small made images that a model can tell apart in an epoch or two: stripes across, stripes down, checks."""

from pathlib import Path

import numpy as np

from core.imaging.pixels import from_unsigned
from core.training.data import Example

CLASSES = ("across", "down", "checks")


def picture(label: int, *, size: int, chance: np.random.Generator) -> np.ndarray:
    rows, columns = np.indices((size, size))
    phase = int(chance.integers(4))
    across, down = ((rows + phase) // 2) % 2, ((columns + phase) // 2) % 2
    pattern = (across, down, across ^ down)[label]
    return np.clip(pattern * 120 + 60 + chance.normal(0, 20, (size, size)), 0, 255).astype(np.uint8)


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
    path, chance, examples = folder / "textures.raw", np.random.default_rng(0), []
    with path.open("wb") as file:
        for split in splits:
            for number in range(classes * each):
                label = number % classes
                samples, form = from_unsigned(picture(label, size=size, chance=chance)[None], bits=8, decoder="made")
                key = f"{split}/{number}"
                examples.append(Example(key, path, file.tell(), form, label, split, 1.0, 1, key))
                file.write(samples.tobytes())
    return examples
