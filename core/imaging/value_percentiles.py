"""Percentiles of the modality values of many images, in one pass and fixed memory."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.imaging.pixel_format import PixelFormat
from core.imaging.voi_lut import Array, is_padding

BINS = 1 << 22  # of equal width from the lowest value on: 32 MiB of counts


class ValueHistogram:
    """Counts of the modality values of grey images from `low` to `high`, without padding."""

    def __init__(self, low: float, high: float) -> None:
        """Begin without any value."""
        finest = (high - low) / (BINS - 1) or 1.0
        self.low, self.step = low, 2.0 ** math.ceil(math.log2(finest))  # a power of 2: whole numbers stay exact
        self.counts: NDArray[np.int64] = np.zeros(BINS, np.int64)

    def add(self, samples: Array, format: PixelFormat) -> None:
        """Count the stored samples of a grey image."""
        outside = is_padding(samples, format)
        levels = np.bincount((samples if outside is None else samples[~outside]).ravel())
        stored = np.flatnonzero(levels)
        values = stored * float(format.slope) + float(format.intercept)
        bins = np.rint((values - self.low) / self.step).astype(np.int64).clip(0, BINS - 1)
        np.add.at(self.counts, bins, levels[stored])

    def percentiles(self, shares: Sequence[float]) -> list[float]:
        """Return percentiles: the lowest value that at least this share of all values does not exceed.

        That is the "inverted_cdf" of Hyndman and Fan (1996), to within half a bin, at most (high - low) / 2²².
        """
        filled = np.flatnonzero(self.counts)
        quantiles = np.array(shares) / 100.0
        values = np.quantile(
            self.low + filled * self.step, quantiles, weights=self.counts[filled], method="inverted_cdf"
        )
        return [float(value) for value in values]
