"""Guess what each column of a table is for, by its title and by its content."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.imaging import deidentify
from core.imaging.tables.column_titles import ROW_NUMBERS, Role, plain_title, role_of_title
from core.imaging.tables.column_values import ColumnValues, column_values
from core.imaging.tables.dates import ORDERS, date_order, iso_date
from core.imaging.tables.file_names import ENDING, NameIndex
from core.imaging.tables.table import Table
from core.imaging.tables.words import number, spelling

SPLIT_WORDS = frozenset("train training val valid validation dev test testing holdout tune 训练 验证 测试".split())  # noqa: SIM905
DEFAULT_FILE = "file"  # the title that is the column of files in any case
TOP = 8  # the most frequent values that a profile has
CLASSES = 20  # the most values of a label that no title names as one
CATEGORIES = 50


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """What a column is for, why, and what it holds; `distinct` is "at least" where `many` is set.

    `missing` counts the cells without a value, `names` the different names of files in it; `date_order` is how a date
    in it is read.
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
        (Role.FILE, partial(_file, names=names)),
        (Role.PATIENT, _patient),
        (Role.STUDY, _study),
        (Role.LABEL, partial(_label, task=task)),
    ):
        if guessed := find([column for column in named if column.title not in roles]):
            roles[guessed[0].title] = (role, guessed[1])
    has_label = any(role is Role.LABEL for role, _ in roles.values())
    return tuple(
        _profile(column, *(roles.get(column.title) or _fact(column, has_label, order)), order) for column in columns
    )


def identity_reason(title: str, values: Sequence[str]) -> str | None:
    """Return why a column identifies a person, None if it does not seem to."""
    return "it identifies a person" if deidentify.is_identity_column(title) and values is not None else None


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
        date_order=order or date_order(column.values)[0],
    )


GuessedColumn = tuple[ColumnValues, str] | None


def _file(columns: Sequence[ColumnValues], names: NameIndex[Hashable] | None) -> GuessedColumn:
    """Return the column whose values name the most files: those of a fitting title first."""
    for column in columns if names else ():
        column.names |= {value for value in column.values if names and names.find(value).candidates}
    default = [one for one in columns if one.title == DEFAULT_FILE]
    by_title = default or [one for one in columns if role_of_title(one.title) is Role.FILE]
    matching = [one for one in by_title if one.names] or default or [one for one in columns if _names_most(one)]
    if matching:
        best = max(matching, key=lambda column: len(column.names))
        return best, f"its values name {len(best.names):,} file" + "s" * (len(best.names) != 1)
    written = [one for one in columns if one.counts and all(map(ENDING.search, one.values))]
    if written:
        return written[0], "its values are file names" + (", but of no file that is there" if names else "")
    return (by_title[0], "by its title") if by_title else None


def _names_most(column: ColumnValues) -> bool:
    """Return whether half of the values name files; of plain numbers only where the title lets them be names."""
    if len(column.names) * 2 < len(column.counts) or not column.names:
        return False
    is_number = all(number(value) is not None for value in column.names)
    return not is_number or plain_title(column.title) in ROW_NUMBERS or role_of_title(column.title) is Role.PATIENT


def _patient(columns: Sequence[ColumnValues]) -> GuessedColumn:
    """Return the column of patients: the title `patient_id` first, then one whose values repeat."""
    titled = [one for one in columns if role_of_title(one.title) is Role.PATIENT and one.counts]
    if not titled:
        return None
    best = min(titled, key=lambda column: (plain_title(column.title) != "patientid", not _repeats(column)))
    return best, "by its title" + (", and its values repeat" if _repeats(best) else "")


def _study(columns: Sequence[ColumnValues]) -> GuessedColumn:
    titled = [one for one in columns if role_of_title(one.title) is Role.STUDY and one.counts]
    return (titled[0], "by its title") if titled else None


def _label(columns: Sequence[ColumnValues], task: str) -> GuessedColumn:
    """Return the column of labels: that of the task's name, else of a fitting title, with few classes."""
    fitting = [one for one in columns if _is_label(one, task)]
    if not fitting:
        return None
    best = min(fitting, key=lambda column: spelling(column.title) != spelling(task))
    others = [f"'{one.title}'" for one in fitting if one is not best]
    also = f"; {', '.join(others)} may be labels too, and an import takes one" if others else ""
    return best, f"by its title, with {len(best.counts)} different values{also}"


def _is_label(column: ColumnValues, task: str) -> bool:
    if not column.counts or (task and spelling(column.title) == spelling(task)):
        return bool(column.counts)
    return role_of_title(column.title) is Role.LABEL and not column.many and len(column.counts) <= CATEGORIES


def _repeats(column: ColumnValues) -> bool:
    return len(column.counts) < column.counts.total()


def _fact(column: ColumnValues, has_label: bool, order: str) -> tuple[Role, str]:
    """Return the role of a column that is neither file, patient, study nor label."""
    values, by_title = column.values, role_of_title(column.title)
    if reason := identity_reason(column.title, values):
        return Role.LEAVE_OUT, reason
    if not values:
        return Role.LEAVE_OUT, "it is empty"
    if {spelling(value) for value in values} <= SPLIT_WORDS and (len(values) > 1 or by_title is Role.SPLIT):
        return Role.SPLIT, "its values are those of a split"
    guessed, is_clear = date_order(values)
    if all(iso_date(value, order or guessed) for value in values):
        return Role.DATE, "its values are dates" + ("" if is_clear else f", read with the {ORDERS[order or guessed]}")
    if all(number(value) is not None for value in values) and (len(values) > 12 or by_title is Role.NUMBER):
        return Role.NUMBER, "its values are numbers"
    if by_title is Role.LABEL and has_label and not column.many and len(values) <= CATEGORIES:
        return Role.CATEGORY, "it may be a label too; an import takes one label column"
    if len(values) <= CLASSES or (len(values) <= CATEGORIES and _repeats(column)):
        return Role.CATEGORY, f"it has {len(values)} different values" if len(
            values
        ) > 1 else "all its values are the same"
    return Role.TEXT, "its values are of many kinds"
