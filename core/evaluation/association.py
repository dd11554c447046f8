"""Association of a metadata column with the label: Cramér's V or the correlation ratio η, with a p value.

Several cases of one patient carry less information than as many patients. The test therefore counts each case as
patients / cases of one, which is conservative where a patient's cases differ and never anti-conservative.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Association:
    """The strength from 0 to 1 (Cramér's V, or η for a number); `p` is None where one of the two does not vary."""

    strength: float
    p: float | None
    name: str = "Cramér's V"


def strongest_association(associations: Sequence[Association]) -> Association:
    """Return the strongest association, its p multiplied by the number of tests (Bonferroni).

    Without that correction, one of ten unrelated findings has p < 0.05 in two of five datasets. Strength 0 and no p
    where the sequence is empty.
    """
    strongest = max(associations, key=lambda association: association.strength, default=Association(0.0, None))
    tested = sum(one.p is not None for one in associations)
    return strongest if strongest.p is None else replace(strongest, p=min(1.0, strongest.p * tested))


def cramers_v(fact: Sequence[str], labels: NDArray[np.integer], patients: Sequence[str]) -> Association:
    """Return the bias-corrected Cramér's V of a metadata column and class labels (n,), with a χ² test.

    Source: Bergsma, Journal of the Korean Statistical Society 42 (2013) 323–328: small tables look associated by
    chance.
    """
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
    """Return the correlation ratio η of a metadata column and a number (n,), with an F test."""
    from scipy.stats import f

    groups = np.unique(np.asarray(fact), return_inverse=True)[1]
    count = int(groups.max()) + 1
    total = float(((values - values.mean()) ** 2).sum())
    independent = len(set(patients))
    if count < 2 or total <= 0 or independent <= count:
        return Association(0.0, None, "η")
    means = np.bincount(groups, weights=values) / np.bincount(groups)
    explained = float(((means[groups] - values.mean()) ** 2).sum()) / total
    statistic = explained / (count - 1) / max(1e-12, (1 - explained) / (independent - count))
    return Association(explained**0.5, float(f.sf(statistic, count - 1, independent - count)), "η")
