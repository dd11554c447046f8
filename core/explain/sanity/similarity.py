"""How alike two maps are, and what maps that know nothing look like: the baselines that stand beside every score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluation.confidence_intervals import student_quantile
from core.explain.saliency_map import Values, min_max_scale, resize_to_image

CELLS = 14  # no map of a network here has more cells an edge that say something


@dataclass(frozen=True, slots=True)
class MeanWithInterval:
    """A mean with its 95 % interval (Student's t over `n` things); None where there is nothing, or one thing."""

    value: float | None
    low: float | None
    high: float | None
    n: int

    @classmethod
    def of(cls, values: Sequence[float | None]) -> "MeanWithInterval":
        """Of those that are defined."""
        defined = np.array([one for one in values if one is not None], dtype=np.float64)
        if not len(defined):
            return cls(None, None, None, 0)
        middle = float(defined.mean())
        if len(defined) < 2:
            return cls(middle, None, None, len(defined))
        reach = student_quantile(len(defined) - 1, 0.95) * float(defined.std(ddof=1)) / len(defined) ** 0.5
        return cls(middle, middle - reach, middle + reach, len(defined))

    def format(self) -> str:
        """`0.12 (0.05 to 0.19)`."""
        if self.value is None:
            return "undefined"
        if self.low is None or self.high is None:
            return f"{self.value:.2f}"
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n}


def downsample(values: Values) -> NDArray[np.float64]:
    """A map (H, W), or the maps of several pictures (V, H, W), averaged over the cells of a coarse grid, in a row."""
    from PIL import Image as Picture

    planes = values if values.ndim == 3 else values[None]
    small = [
        np.asarray(
            Picture.fromarray(np.ascontiguousarray(picture, np.float32)).resize((CELLS, CELLS), Picture.Resampling.BOX)
        )
        for picture in planes
    ]
    return np.stack(small).astype(np.float64).ravel()


def rank_correlation(first: Values, second: Values) -> float | None:
    """Return Spearman's rank correlation of two maps' cells, from -1 to 1; None where one of them is flat."""
    from scipy.stats import spearmanr

    a, b = downsample(first), downsample(second)
    return None if np.ptp(a) == 0 or np.ptp(b) == 0 else float(spearmanr(a, b).statistic)


def noise(chance: np.random.Generator, shape: tuple[int, int]) -> Values:
    """A map that knows nothing: chance on as coarse a grid as a network's."""
    coarse = chance.random((CELLS // 2, CELLS // 2), dtype=np.float32)
    return min_max_scale(resize_to_image(coarse, shape[0], shape[1]))


def centre(shape: tuple[int, int]) -> Values:
    """A map that only knows where pictures are usually taken of: hottest in the middle."""
    down = np.linspace(-1, 1, shape[0])[:, None]
    across = np.linspace(-1, 1, shape[1])[None]
    return min_max_scale(np.exp(-2 * (down**2 + across**2)))
