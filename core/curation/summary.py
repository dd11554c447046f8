"""Summary before freezing: images and patients per class and split, before and after balancing."""

from collections.abc import Sequence
from typing import Any

from core.curation.records import SPLITS, AssignedCase


def summary(placed: Sequence[AssignedCase], classes: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return by split: images, patients, persons, `labels` and `patients_by_label`; `balanced` as an epoch has them.

    `balanced` holds per class the images in an epoch and their total weight, and `effective`, the effective sample size
    (Σw)² / Σw² with w = weight × repeats (Kish, Survey Sampling, 1965).
    """
    return {split: _split_summary([row for row in placed if row.split == split], classes) for split in SPLITS}


def _split_summary(rows: Sequence[AssignedCase], classes: Sequence[str]) -> dict[str, Any]:
    by_class = {name: [row for row in rows if row.label == label] for label, name in enumerate(classes)}
    return {
        "images": len(rows),
        "patients": _patients(rows),
        "persons": len({row.group for row in rows}),
        "labels": {name: len(group) for name, group in by_class.items()},
        "patients_by_label": {name: _patients(group) for name, group in by_class.items()},
        "persons_by_label": {name: len({row.group for row in group}) for name, group in by_class.items()},
        "balanced": {
            "images": sum(row.repeats for row in rows),
            "patients": _patients([row for row in rows if row.repeats]),
            "labels": {name: sum(row.repeats for row in group) for name, group in by_class.items()},
            "weight": {name: round(sum(_case_weights(group)), 6) for name, group in by_class.items()},
            "effective": round(_effective(rows), 1),
        },
    }


def _patients(rows: Sequence[AssignedCase]) -> int:
    return len({row.patient for row in rows})


def _case_weights(rows: Sequence[AssignedCase]) -> list[float]:
    return [row.weight * row.repeats for row in rows]


def _effective(rows: Sequence[AssignedCase]) -> float:
    case_weights = _case_weights(rows)
    squares = sum(count * count for count in case_weights)
    return sum(case_weights) ** 2 / squares if squares else 0.0
