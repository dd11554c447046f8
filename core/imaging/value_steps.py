"""Find the even step on which all values lie, such as 0.5 or 0.1, so that they can be stored exactly."""

import numpy as np

from core.imaging.voi_lut import Array

MOST = 1 << 22  # values; sorting more costs more than exactness is worth
EPSILON = 2.0**-23  # relative precision of 32-bit floating-point numbers
NEAR = 0.01  # of a step
LARGEST = 1e300  # half a difference that fits into a floating-point number


def even_step(values: Array, most_steps: int) -> float | None:
    """Return the step of real values that lie on `most_steps` or fewer steps above the lowest, else None."""
    if values.size > MOST:
        return None
    levels = np.unique(values[np.isfinite(values)]).astype(np.float64)
    if len(levels) < 2 or levels[-1] / 2 - levels[0] / 2 > LARGEST:
        return None
    above = levels - levels[0]
    gaps = np.diff(levels)
    gaps = gaps[gaps > EPSILON * np.abs(levels[[0, -1]]).max()]  # 0.1 * 3 and 0.3 are one level
    if not 1 <= len(gaps) <= most_steps:
        return None
    step = gaps.min()
    for _ in range(2):  # the smallest gap is rounded too, and all of them together are not
        count = np.round(gaps / step).sum()
        step = above[-1] / count
    if not 1 <= count <= most_steps:
        return None
    steps = np.round(above / step)
    error, tolerance = np.abs(steps * step - above), EPSILON * (above + abs(levels[0]))
    return float(step) if bool((error <= np.minimum(tolerance, NEAR * step)).all()) else None
