"""Quantities a split should preserve: each patient's images, counted by class and stratum."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.curation.records import LabelledCase
from core.errors import InvalidInput

MOST_VALUES = 50


@dataclass(frozen=True, slots=True)
class Strata:
    """Patients as rows, sorted by name, so that the order of the cases does not matter.

    `shares` (patients, quantities) are fractions of each quantity's total, columns sum to 1. `importance` (quantities,)
    weights all classes together as much as all sites together, and rare values as much as common ones. `holds`
    (patients, 1 + classes) is True in column 0, and in the column of each class the patient has.
    """

    names: list[str]
    owner: NDArray[np.intp]  # (cases,) the row of each case's patient
    shares: NDArray[np.float64]
    importance: NDArray[np.float64]
    holds: NDArray[np.bool_]


def build_strata(rows: Sequence[LabelledCase], *, classes: int, stratify: Sequence[str]) -> Strata:
    """Count every patient's images by class, and by each column of `stratify` alone and combined with the class.

    Raises:
        InvalidInput: a column without values, or with too many to stratify by.
    """
    names, owner = np.unique(np.array([row.group for row in rows], dtype=object), return_inverse=True)
    labels = np.array([row.label for row in rows], dtype=np.intp)
    codings = [np.zeros_like(labels), labels]
    for column in stratify:
        values = _values(rows, column)
        codings += [values, values * classes + labels]
    parts = [_amounts(owner, coding, len(names)) for coding in codings]
    importance = np.concatenate([np.full(part.shape[1], 1 / part.shape[1]) for part in parts])
    amounts = np.concatenate(parts, axis=1)
    holds = np.zeros((len(names), 1 + classes), dtype=bool)
    holds[:, 0] = True
    holds[owner, 1 + labels] = True
    return Strata(list(names), owner, amounts / amounts.sum(axis=0), importance, holds)


def _amounts(owner: NDArray[np.intp], coding: NDArray[np.intp], patients: int) -> NDArray[np.float64]:
    present, code = np.unique(coding, return_inverse=True)
    width = len(present)
    flat = np.bincount(owner * width + code, minlength=patients * width)
    images = flat.reshape(patients, width).astype(np.float64)
    return np.concatenate([images, (images > 0).astype(np.float64)], axis=1)


def _values(rows: Sequence[LabelledCase], column: str) -> NDArray[np.intp]:
    if not any(row.facts.get(column) for row in rows):
        available = sorted({name for row in rows for name, value in row.facts.items() if value})
        raise InvalidInput(
            f"No case has a value in the column {column} to stratify by; "
            f"the available columns are: {', '.join(available) or 'none'}."
        )
    # Cases without a value form their own stratum; left out, they could all fall into one split.
    present, code = np.unique(np.array([row.facts.get(column, "") for row in rows], dtype=object), return_inverse=True)
    if len(present) > MOST_VALUES:
        raise InvalidInput(
            f"The column {column} has {len(present)} different values, too many to stratify by; "
            f"choose one with at most {MOST_VALUES}."
        )
    return code.astype(np.intp)
