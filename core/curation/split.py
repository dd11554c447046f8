"""Assignment of labelled cases to train, val and test, by patient or by a column, followed by balancing."""

from collections import Counter
from collections.abc import Sequence

from core.curation.balance import balance
from core.curation.leakage import assert_no_leakage
from core.curation.recipe import Recipe
from core.curation.records import SPELLINGS, SPLITS, AssignedCase, LabelledCase
from core.curation.split_assignment import assign
from core.curation.strata import build_strata
from core.errors import InvalidInput


def assign_splits(rows: Sequence[LabelledCase], recipe: Recipe, classes: Sequence[str]) -> list[AssignedCase]:
    """Return every row once and in order, with its split, and in train its weight and repeats.

    By patient, no person is in two splits; a split column stays as given, whatever its splits share.

    Raises:
        InvalidInput: no labels, an invalid label, an empty split, or an unsuitable column.
    """
    _check(rows, classes)
    if recipe.split_fact is None:
        splits = _by_patient(rows, recipe, len(classes))
    else:
        splits = _by_column(rows, recipe.split_fact)
    placed = [
        AssignedCase(row.case, row.patient, row.label, split, targets=row.targets, person=row.person)
        for row, split in zip(rows, splits, strict=True)
    ]
    if recipe.split_fact is None:
        assert_no_leakage(placed)
    return balance(placed, recipe.balance, seed=recipe.seed)


def _check(rows: Sequence[LabelledCase], classes: Sequence[str]) -> None:
    if not rows:
        raise InvalidInput("No case has a label yet; label some cases or import labels before creating a snapshot.")
    for row in rows:
        if not 0 <= row.label < len(classes):
            raise InvalidInput(
                f"Case {row.case} has label {row.label}, but the task has {len(classes)} classes, "
                f"numbered from 0 to {len(classes) - 1}; correct its label."
            )
        if not row.patient:
            raise InvalidInput(f"Case {row.case} has no patient ID; assign one, because splits are made by patient.")
    case, count = Counter(row.case for row in rows).most_common(1)[0]
    if count > 1:
        raise InvalidInput(f"Case {case} is listed {count} times; a snapshot holds each case once.")


def _by_patient(rows: Sequence[LabelledCase], recipe: Recipe, classes: int) -> list[str]:
    table = build_strata(rows, classes=classes, stratify=recipe.stratify)
    fractions = {split: share for split, share in recipe.shares.items() if share > 0}
    for split, share in fractions.items():
        _check_enough(split, share, patients=len(table.names), splits=len(fractions), joined=_joined(rows))
    chosen = assign(table, list(fractions.values()), seed=recipe.seed)
    names = list(fractions)
    return [names[chosen[owner]] for owner in table.owner]


def _joined(rows: Sequence[LabelledCase]) -> str:
    """Return in words how many patient IDs the persons have, where it is more."""
    patients, persons = len({row.patient for row in rows}), len({row.group for row in rows})
    return f", joined from {patients} patient IDs (`rounds persons` says why)," if patients > persons else ""


def _check_enough(split: str, share: float, *, patients: int, splits: int, joined: str) -> None:
    if patients < splits:
        raise InvalidInput(
            f"{patients} patient(s){joined} cannot fill {splits} splits, since each patient is in one split only; "
            "label images of more patients, or set val or test to 0."
        )
    if share * patients < 0.5:
        raise InvalidInput(
            f"The split {split} would be empty: its fraction is {share:.3g} of {patients} patients; "
            f"set it to at least {1 / patients:.2g}" + (", or 0." if split != "train" else ".")
        )


def _by_column(rows: Sequence[LabelledCase], column: str) -> list[str]:
    values = [row.facts.get(column, "").strip() for row in rows]
    missing = sum(1 for value in values if not value)
    if missing:
        raise InvalidInput(
            f"{missing} of {len(rows)} labelled cases have no value in the split column {column}; "
            "assign train, val or test to each, or split by patient instead."
        )
    for row, value in zip(rows, values, strict=True):
        if value.lower() not in SPELLINGS:
            raise InvalidInput(
                f"The split column {column} has {value!r} for case {row.case}; "
                f"allowed values are {', '.join(SPELLINGS)}. Correct it, or split by patient instead."
            )
    splits = [SPELLINGS[value.lower()] for value in values]
    if SPLITS[0] not in splits:
        raise InvalidInput(f"The split column {column} has no training cases; split by patient instead.")
    return splits
