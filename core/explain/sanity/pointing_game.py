"""The pointing game (Zhang et al. 2018): how often a map's hottest point lies in what a reader drew.

It misleads alone: where the thing is large or in the middle, a map that knows nothing hits too. So what chance and the
middle of the picture would hit stand beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluation.confidence_intervals import wilson
from core.explain.saliency_map import Values
from core.explain.sanity.similarity import centre, noise

Mask = NDArray[np.bool_]
TRIES = 50  # chance maps for each picture


@dataclass(frozen=True, slots=True)
class PointingGame:
    """Of `n` maps `hit` hit; `chance` and `middle` are the shares that chance and the middle of the picture would."""

    n: int
    hit: int
    chance: float
    middle: float

    @property
    def rate(self) -> float | None:
        """Share that hit."""
        return self.hit / self.n if self.n else None

    def sentence(self) -> str:
        """In words, with Wilson's interval."""
        if not self.n:
            return "No examined case has a drawing, so localization cannot be checked."
        low, high = wilson(self.hit, self.n)
        rate = f"{self.hit / self.n:.2f}, {low:.2f} to {high:.2f}"
        return (
            f"The peak of the map lies in the drawing in {self.hit} of {self.n} cases ({rate}); a random point does in "
            f"{self.chance:.2f}, the image centre in {self.middle:.2f}."
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"n": self.n, "hit": self.hit, "chance": self.chance, "middle": self.middle, "words": self.sentence()}


def pointing_game(maps: Sequence[Values], drawn: Sequence[Mask], *, seed: int = 0) -> PointingGame:
    """Of maps (H, W) and masks of any size, one each; an empty map hits nothing."""
    if not maps:
        return PointingGame(0, 0, 0.0, 0.0)
    chance = np.random.default_rng(seed)
    return PointingGame(
        n=len(maps),
        hit=sum(_hits(one, mask) for one, mask in zip(maps, drawn, strict=True)),
        chance=float(np.mean([[_hits(noise(chance, (56, 56)), mask) for _ in range(TRIES)] for mask in drawn])),
        middle=float(np.mean([_hits(centre((57, 57)), mask) for mask in drawn])),
    )


def _hits(values: Values, mask: Mask) -> bool:
    """Whether the middle of the hottest pixels, those a breath below the peak, lies in the mask."""
    top = float(values.max())
    if top <= 0:
        return False
    rows, columns = np.nonzero(values >= top - 1e-6)
    row = int((rows[len(rows) // 2] + 0.5) / values.shape[0] * mask.shape[0])
    column = int((columns[len(columns) // 2] + 0.5) / values.shape[1] * mask.shape[1])
    return bool(mask[row, column])
