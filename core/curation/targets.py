"""Stratification and summaries for tasks with several findings or a number."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.curation.records import SPLITS, AssignedCase, LabelledCase, Targets

BINS, CASES_PER_BIN = 5, 6


def rarest_finding(targets: Sequence[Targets]) -> list[int]:
    """Return one stratum per case: 1 + its rarest present finding, 0 where none is present.

    A split can balance only one stratum per case; using the rarest finding spreads rare findings with the most care.
    """
    present = Counter(at for case in targets for at, one in enumerate(case) if one == 1)
    return [
        min((at for at, value in enumerate(case) if value == 1), key=lambda at: (present[at], at), default=-1) + 1
        for case in targets
    ]


def quantile_bin(values: Sequence[float]) -> list[int]:
    """Return one stratum per case: the fifth of the values it lies in; fewer bins for few cases.

    Equal values share a bin, and a bin should hold at least `CASES_PER_BIN` cases.
    """
    bins = max(1, min(BINS, len(values) // CASES_PER_BIN))
    _, position, counts = np.unique(np.asarray(values, dtype=np.float64), return_inverse=True, return_counts=True)
    midpoint = (np.cumsum(counts) - counts / 2) / max(1, len(values))  # rank of the middle one of equal values
    _, bin_index = np.unique(np.floor(midpoint * bins)[position], return_inverse=True)
    return [int(stratum) for stratum in bin_index]


def summary_of_findings(placed: Sequence[AssignedCase], classes: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return by split: images, patients, and for each finding the cases where it is present, absent and unknown.

    `labels` and `patients_by_label` count present findings, `balanced` those that an epoch includes.
    """
    return {split: _findings([row for row in placed if row.split == split], classes) for split in SPLITS}


def summary_of_numbers(placed: Sequence[AssignedCase]) -> dict[str, dict[str, Any]]:
    """Return by split: images, patients, and the mean, the standard deviation and the range."""
    return {split: _numbers([row for row in placed if row.split == split]) for split in SPLITS}


def _findings(rows: Sequence[AssignedCase], classes: Sequence[str]) -> dict[str, Any]:
    present = {name: [row for row in rows if row.targets[at] == 1] for at, name in enumerate(classes)}
    return {
        **_everything(rows, {name: len(group) for name, group in present.items()}),
        "patients_by_label": {name: _patients(group) for name, group in present.items()},
        "persons_by_label": {name: len({row.group for row in group}) for name, group in present.items()},
        "findings": {
            name: {
                "present": len(present[name]),
                "absent": sum(row.targets[at] == 0 for row in rows),
                "unknown": sum(row.targets[at] is None for row in rows),
            }
            for at, name in enumerate(classes)
        },
    }


def _numbers(rows: Sequence[AssignedCase]) -> dict[str, Any]:
    values = np.array([row.targets[0] for row in rows], dtype=np.float64)
    statistics = (
        {"mean": values.mean(), "deviation": values.std(), "low": values.min(), "high": values.max()} if rows else {}
    )
    number = {name: float(statistics[name]) if rows else None for name in ("mean", "deviation", "low", "high")}
    return {**_everything(rows, {}), "patients_by_label": {}, "number": number}


def _everything(rows: Sequence[AssignedCase], labels: dict[str, int]) -> dict[str, Any]:
    patients, persons = _patients(rows), len({row.group for row in rows})
    shown = {"images": len(rows), "patients": patients, "labels": labels}
    weight = {name: float(count) for name, count in labels.items()}
    return {**shown, "persons": persons, "balanced": {**shown, "weight": weight, "effective": float(len(rows))}}


def _patients(rows: Sequence[AssignedCase]) -> int:
    return len({row.patient for row in rows})


def is_learnable(rows: Sequence[LabelledCase]) -> bool:
    """Return whether there is a difference to learn: two distinct numbers, or a finding both present and absent."""
    columns = zip(*(row.targets for row in rows), strict=True)
    return any(len({one for one in column if one is not None}) > 1 for column in columns)
