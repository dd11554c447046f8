"""Guess what each column of a table is for, by its title and by its content."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.imaging.tables import column_guesses
from core.imaging.tables.column_titles import Role
from core.imaging.tables.column_values import ColumnValues, column_values
from core.imaging.tables.dates import date_order as find_order
from core.imaging.tables.file_names import NameIndex
from core.imaging.tables.table import Table

TOP = 8  # the most frequent values that a profile has


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """What a column is for, why, and what it holds; `distinct` is "at least" where `many` is set.

    `missing` counts the cells without a value, `names` the different names of files in it; `date_order` is how a date
    in it is read. `identity` says why it may identify patients, whatever its role is.
    """

    title: str
    role: Role
    reason: str
    distinct: int
    top: tuple[tuple[str, int], ...]
    missing: int
    example: str
    many: bool = False
    names: int = 0
    date_order: str = ""
    identity: str = ""


def profile(
    table: Table, names: NameIndex[Any] | None, task: str = "", date_order: str = ""
) -> tuple[ColumnProfile, ...]:
    """Return what each column seems to be for; a column named as the `task` is its label.

    `date_order` is that of all dates, found by column if empty.

    Raises:
        InvalidInput: a row that does not fit its header.
    """
    columns = column_values(table, names.texts if names else frozenset())
    return guess(columns, names, unnamed=table.unnamed, task=task, order=date_order)


def guess(
    columns: Sequence[ColumnValues],
    names: NameIndex[Any] | None,
    *,
    unnamed: Sequence[str] = (),
    task: str = "",
    order: str = "",
) -> tuple[ColumnProfile, ...]:
    """Return the profiles of columns whose values were counted."""
    named = [column for column in columns if column.title not in unnamed]
    roles: dict[str, tuple[Role, str]] = dict.fromkeys(unnamed, (Role.LEAVE_OUT, "it has no title"))
    for role, find in (
        (Role.FILE, partial(column_guesses.file_column, names=names)),
        (Role.PATIENT, column_guesses.patient_column),
        (Role.STUDY, column_guesses.study_column),
        (Role.LABEL, partial(column_guesses.label_column, task=task)),
    ):
        if guessed := find([column for column in named if column.title not in roles]):
            roles[guessed[0].title] = (role, guessed[1])
    has_label = any(role is Role.LABEL for role, _ in roles.values())
    return tuple(
        _profile(column, *(roles.get(column.title) or column_guesses.fact_role(column, has_label, order)), order)
        for column in columns
    )


def _profile(column: ColumnValues, role: Role, reason: str, order: str) -> ColumnProfile:
    top = tuple(column.counts.most_common(TOP))
    return ColumnProfile(
        title=column.title,
        role=role,
        reason=reason,
        distinct=len(column.counts),
        top=top,
        missing=column.missing,
        example=next(iter(column.counts), ""),
        many=column.many,
        names=len(column.names),
        date_order=order or find_order(column.values)[0],
        identity=column_guesses.identity_of(column),
    )
