"""Whether a fact goes with the label: Cramér's V of their table, and the chance of as much by chance alone.

Several cases of a patient say less than as many patients do, so the test counts each case as patients / cases of one:
too careful where a patient's cases differ, never too bold. Of a number, η (the share of its spread that the fact
explains, its root) and the F test on the same count.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Association:
    """`strength` from 0 to 1 (V, or η of a number); `p` is None where nothing varies."""

    strength: float
    p: float | None
    name: str = "Cramér's V"


def strongest_association(found: Sequence[Association]) -> Association:
    """Of several labels that a fact may go with: the one it goes with most, its p times the labels that were tested.

    For it was chosen among them (Bonferroni): of ten findings that have nothing to do with a fact, two in five times
    one is below 0.05. Strength 0 without a test where nothing was looked at.
    """
    most = max(found, key=lambda one: one.strength, default=Association(0.0, None))
    tested = sum(one.p is not None for one in found)
    return most if most.p is None else replace(most, p=min(1.0, most.p * tested))


def cramers_v(fact: Sequence[str], labels: NDArray[np.integer], patients: Sequence[str]) -> Association:
    """Of a fact and classes (n,). Bias-corrected (Bergsma 2013), for small tables seem to go together by chance."""
    from scipy.stats import chi2

    rows, columns = (np.unique(np.asarray(one), return_inverse=True)[1] for one in (fact, labels))
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows, columns), 1)
    if min(table.shape) < 2:
        return Association(0.0, None)
    n, (r, k) = table.sum(), table.shape
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / n
    phi2 = float(((table - expected) ** 2 / expected).sum() / n)
    independent = len(set(patients))
    p = float(chi2.sf(phi2 * independent, (r - 1) * (k - 1)))
    corrected = max(0.0, phi2 - (r - 1) * (k - 1) / (independent - 1)) if independent > 1 else 0.0
    sides = min(r - (r - 1) ** 2 / max(1, independent - 1), k - (k - 1) ** 2 / max(1, independent - 1)) - 1
    return Association(float(min(1.0, (corrected / sides) ** 0.5)) if sides > 0 else 0.0, p)


def correlation_ratio(fact: Sequence[str], values: NDArray[np.floating], patients: Sequence[str]) -> Association:
    """Of a fact and a number (n,)."""
    from scipy.stats import f

    groups = np.unique(np.asarray(fact), return_inverse=True)[1]
    count = int(groups.max()) + 1
    whole = float(((values - values.mean()) ** 2).sum())
    independent = len(set(patients))
    if count < 2 or whole <= 0 or independent <= count:
        return Association(0.0, None, "η")
    means = np.bincount(groups, weights=values) / np.bincount(groups)
    share = float(((means[groups] - values.mean()) ** 2).sum()) / whole
    test = share / (count - 1) / max(1e-12, (1 - share) / (independent - count))
    return Association(share**0.5, float(f.sf(test, count - 1, independent - count)), "η")
