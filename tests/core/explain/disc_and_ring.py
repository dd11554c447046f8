"""Drawn chests with a disc in half of them, and in all of them a ring of the same brightness and area: the decoy.

Who has the disc has one ring, who has not has two: only the shape tells them apart. A model that looks at what is
bright looks at both alike.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.imaging.phantoms import anatomy
from core.imaging.voi_lut import format_of_unsigned
from core.training.examples import Example
from tests.core.training.textures import example_of

EDGE, RADIUS, INNER, OUTER = 64, 6.0, 5.2, 7.94  # π 6² = π (7.94² − 5.2²), in pixels
CONTRAST, APART = 90.0, 26.0


@dataclass(frozen=True)
class Planted:
    """Examples, and of each that has a disc the masks (EDGE, EDGE) of the disc and of the ring, with a pixel's rim."""

    examples: list[Example]
    discs: dict[str, np.ndarray]
    rings: dict[str, np.ndarray]


def chests(count):
    """Backgrounds of several patients, (EDGE, EDGE) from 20 to 140."""
    examples = []
    for number in range(count):
        chance = np.random.default_rng(number)
        chest = anatomy.chest(anatomy.draw_build(chance, sex="FM"[number % 2], age=30 + number))
        small = np.asarray(Image.fromarray(chest).resize((EDGE, EDGE), Image.Resampling.BOX))
        low, high = np.percentile(small, (2, 98))
        examples.append(20 + 120 * ((small - low) / (high - low)).clip(0, 1))
    return examples


def planted(folder, *, count, seed=0):
    """The last fifth is the test split, the fifth before it validation."""
    folder.mkdir(exist_ok=True)
    chance, path, backgrounds = np.random.default_rng(seed), folder / "planted.raw", chests(16)
    made = Planted([], {}, {})
    with path.open("wb") as file:
        for number in range(count):
            ill, key = number % 2, str(number)
            image = backgrounds[chance.integers(len(backgrounds))] + chance.normal(0, 6, (EDGE, EDGE))
            first, second = places(chance)
            ring = drawn(second, INNER, OUTER)
            shape = drawn(first, 0, RADIUS) if ill else drawn(first, INNER, OUTER)
            image = image + CONTRAST * (shape + ring)
            if ill:
                made.discs[key], made.rings[key] = within(first, RADIUS + 1), within(second, OUTER + 1)
            samples, form = format_of_unsigned(np.clip(image, 0, 255).astype(np.uint8)[None], bits=8, decoder="made")
            split = "test" if number >= 0.8 * count else "val" if number >= 0.6 * count else "train"
            made.examples.append(example_of(key, path, file.tell(), form, ill, split))
            file.write(samples.tobytes())
    return made


def places(chance):
    """Two middles (row, column), well apart."""
    while True:
        first, second = chance.uniform(9, EDGE - 9, 2), chance.uniform(9, EDGE - 9, 2)
        if np.hypot(*(first - second)) > APART:
            return first, second


def drawn(middle, inner, outer):
    away = np.hypot(*(np.indices((EDGE, EDGE)) - np.reshape(middle, (2, 1, 1))))
    return (np.clip(outer - away + 0.5, 0, 1) * np.clip(away - inner + 0.5, 0, 1)).astype(np.float64)


def within(middle, radius):
    return np.hypot(*(np.indices((EDGE, EDGE)) - np.reshape(middle, (2, 1, 1)))) <= radius
