"""Guess which column names the files, the patient, the study, the label, and what the others hold."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from core.imaging.identity.columns import identity_reason
from core.imaging.tables.column_titles import ROW_NUMBERS, Role, plain_title, role_of_title
from core.imaging.tables.column_values import ColumnValues, column_values
from core.imaging.tables.dates import ORDERS, date_order, iso_date
from core.imaging.tables.file_names import ENDING, NameIndex
from core.imaging.tables.table import Table
from core.imaging.tables.words import number, spelling

DEFAULT_FILE = "file"  # the title that is the column of files in any case
TRIALS = ("studie", "visit", "exam", "examination", "examen", "untersuchung", "etude", "estudio")  # or studies
ROWS_OF_STUDY = 20  # on average, at most: a column of fewer values names trials or visits
ANSWERS = frozenset(["0", "1", "y", "n", "yes", "no", "true", "false", "ja", "nein", "patient", "control"])
SPLIT_WORDS = frozenset("train training val valid validation dev test testing holdout tune 训练 验证 测试".split())  # noqa: SIM905
CLASSES = 20  # the most values of a label that no title names as one
CATEGORIES = 50
SAMPLE = 2_000  # rows that an identity is judged by
FEW = 12  # the most whole numbers that are a category
CODE = re.compile(r"[+-]?0\d")
GuessedColumn = tuple[ColumnValues, str] | None


def file_column(columns: Sequence[ColumnValues], names: NameIndex[Any] | None) -> GuessedColumn:
    """Return the column whose values name the most files: those of a fitting title first."""
    for column in columns if names else ():
        column.names |= {value for value in column.values if names and names.find(value).candidates}
    default = [one for one in columns if one.title == DEFAULT_FILE]
    by_title = default or [one for one in columns if role_of_title(one.title) is Role.FILE]
    matching = [one for one in by_title if one.names] or default or [one for one in columns if _names_most(one)]
    if matching and all(one.names and _are_numbers([*one.names]) for one in matching):
        matching = [one for one in columns if one.names and all(map(ENDING.search, one.names))] or matching
    if matching:
        best, *others = sorted(matching, key=_preference)
        equal = [f"'{one.title}'" for one in others if len(one.names) == len(best.names)]
        also = f"; so do those of {', '.join(equal)}" if equal else ""
        return best, f"its values name {len(best.names):,} file{'s' * (len(best.names) != 1)}{also}"
    written = [one for one in columns if one.counts and all(map(ENDING.search, one.values))]
    if written:
        return min(written, key=_title), "its values are file names" + (
            ", but of no file that is there" if names else ""
        )
    return (min(by_title, key=_title), "by its title") if by_title else None


def _preference(column: ColumnValues) -> tuple[bool, int, str]:
    """Return what sorts columns that name files: names before plain numbers, then those of the most files."""
    return _are_numbers([*column.names]), -len(column.names), column.title


def _names_most(column: ColumnValues) -> bool:
    """Return whether half of the values name files; of plain numbers only where the title lets them be names."""
    if len(column.names) * 2 < len(column.counts) or not column.names or "0" in column.counts.keys() - column.names:
        return False  # counted from 0, where no file is called so: numbers of rows
    is_number = all(number(value) is not None for value in column.names)
    return not is_number or plain_title(column.title) in ROW_NUMBERS or role_of_title(column.title) is Role.PATIENT


def patient_column(columns: Sequence[ColumnValues]) -> GuessedColumn:
    """Return the column of patients: the title `patient_id` first, then one whose values repeat."""
    titled = [one for one in columns if role_of_title(one.title) is Role.PATIENT and one.counts and not _is_answer(one)]
    if not titled:
        return None
    best = min(titled, key=lambda column: (not _is_patient_id(column), not _repeats(column), column.title))
    return best, "by its title" + (", and its values repeat" if _repeats(best) else "")


def study_column(columns: Sequence[ColumnValues]) -> GuessedColumn:
    """Return the column of studies, by its title."""
    titled = [one for one in columns if role_of_title(one.title) is Role.STUDY and one.counts and not _are_trials(one)]
    return (min(titled, key=_title), "by its title") if titled else None


def label_column(columns: Sequence[ColumnValues], task: str) -> GuessedColumn:
    """Return the column of labels: that of the task's name, else of a fitting title, with few classes."""
    fitting = [one for one in columns if _is_label(one, task)]
    if not fitting:
        return None
    best = min(fitting, key=lambda column: (spelling(column.title) != spelling(task), column.title))
    others = [f"'{one.title}'" for one in fitting if one is not best]
    also = f"; {', '.join(others)} may be labels too, and an import takes one" if others else ""
    return best, f"by its title, with {len(best.counts)} different value{'s' * (len(best.counts) != 1)}{also}"


def _is_label(column: ColumnValues, task: str) -> bool:
    if not column.counts or (task and spelling(column.title) == spelling(task)):
        return bool(column.counts)
    return role_of_title(column.title) is Role.LABEL and not column.many and len(column.counts) <= CATEGORIES


def _title(column: ColumnValues) -> str:
    return column.title  # of equal columns the same one, in whatever order they stand


def _is_patient_id(column: ColumnValues) -> bool:
    return plain_title(column.title) == "patientid"


def _are_trials(column: ColumnValues) -> bool:
    """Return whether a column such as `studie` says of which trial or visit a row is: it has few values."""
    has_few = not column.many and len(column.counts) * ROWS_OF_STUDY < column.counts.total()
    return has_few and plain_title(column.title) in TRIALS


def _is_answer(column: ColumnValues) -> bool:
    """Return whether a column such as `patient` says who is one, instead of which."""
    return not _is_patient_id(column) and {spelling(value) for value in column.values} <= ANSWERS


def _repeats(column: ColumnValues) -> bool:
    return len(column.counts) < column.counts.total()


def fact_role(column: ColumnValues, has_label: bool, order: str) -> tuple[Role, str]:
    """Return the role of a column that is neither file, patient, study nor label."""
    values, by_title = column.values, role_of_title(column.title)
    if reason := identity_of(column):
        return Role.LEAVE_OUT, reason
    if not values:
        return Role.LEAVE_OUT, "it is empty"
    if by_title in (Role.PATIENT, Role.STUDY) and not _is_answer(column) and not _are_trials(column):
        return Role.LEAVE_OUT, f"it may identify a {by_title}, and another column does"
    if by_title is Role.FILE and column.names:
        return Role.LEAVE_OUT, "it names files, as another column does"
    if {spelling(value) for value in values} <= SPLIT_WORDS and (len(values) > 1 or by_title is Role.SPLIT):
        return Role.SPLIT, "its values are those of a split"
    guessed, is_clear = date_order(values)
    if all(iso_date(value, order or guessed) for value in values):
        return Role.DATE, "its values are dates" + ("" if is_clear else f", read with the {ORDERS[order or guessed]}")
    if _are_numbers(values) and (by_title is Role.NUMBER or len(values) > FEW or not _are_whole(values)):
        return Role.NUMBER, "its values are numbers"
    if by_title is Role.LABEL and has_label and not column.many and len(values) <= CATEGORIES:
        return Role.CATEGORY, "it may be a label too; an import takes one label column"
    if len(values) <= CLASSES or (len(values) <= CATEGORIES and _repeats(column)):
        return Role.CATEGORY, f"it has {len(values)} different value{'s' * (len(values) != 1)}"
    return Role.TEXT, "its values are of many kinds"


def _are_numbers(values: Sequence[str]) -> bool:
    """Return whether all values are numbers; those with a zero in front, such as 007, are codes."""
    return all(number(value) is not None and not CODE.match(value) for value in values)


def _are_whole(values: Sequence[str]) -> bool:
    return all(spelling(value).lstrip("+-").isdigit() for value in values)


def with_titles(table: Table, roles: Mapping[str, Role]) -> Table:
    """Return the table with the titles that a reader of it needs: each for the one column of that role.

    A title that the table has stays, and so does a role that no column has, or several. But a column of file names
    comes before one of plain numbers, which may count the rows.
    """
    titles = {}
    for title, role in roles.items():
        fitting = [column for column in table.columns if role_of_title(column) is role and column not in table.unnamed]
        if title not in table.columns and len(fitting) == 1:
            titles[fitting[0]] = title
        elif role is Role.FILE and title in table.columns and (names := _names_beside_numbers(table, title, fitting)):
            titles |= {names: title, title: f"{title} (number)"}
    return replace(table, columns=tuple(titles.get(column, column) for column in table.columns))


def _names_beside_numbers(table: Table, title: str, fitting: Sequence[str]) -> str | None:
    """Return the one column of file names beside a column of images that has plain numbers, None if there is none."""
    by_title = {one.title: one.values for one in column_values(table)} if len(fitting) > 1 else {}
    if not by_title or not by_title[title] or not _are_numbers(by_title[title]):
        return None
    named = [one for one in fitting if by_title[one] and all(map(ENDING.search, by_title[one]))]
    return named[0] if len(named) == 1 else None


def identity_of(column: ColumnValues) -> str:
    """Return why a column may identify patients, "" if nothing speaks for it; file names are called `name` too."""
    rows = list(islice(column.counts.elements(), SAMPLE))
    title = "" if rows and all(map(ENDING.search, column.values)) else column.title
    return identity_reason(title, rows) or ""
