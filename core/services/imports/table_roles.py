"""The table of an import as its request opens it, and what its columns are for: chosen by a person, else guessed."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.errors import InvalidInput
from core.imaging.tables.column_guesses import DEFAULT_FILE
from core.imaging.tables.column_titles import Role
from core.imaging.tables.dialect import chosen_dialect
from core.imaging.tables.file_names import NameIndex
from core.imaging.tables.roles import ColumnProfile, profile
from core.imaging.tables.run_columns import FACT, run_columns
from core.imaging.tables.table import Table, read_table
from core.imaging.tables.words import fact_name
from core.services.imports.import_request import ImportRequest

ONE_COLUMN = (Role.FILE, Role.PATIENT, Role.STUDY, Role.LABEL)  # roles that one column has
CHOSEN = "chosen"
OF_RUN = "it is about a run of Rounds, not about the image"


@dataclass(frozen=True, slots=True)
class TableRoles:
    """A table with the profiles of its columns in their final roles; `chosen` are the columns that a person set."""

    table: Table
    profiles: tuple[ColumnProfile, ...] = field(repr=False)
    chosen: frozenset[str] = frozenset()

    def column(self, role: Role) -> str | None:
        """Return the column of a role that one column has, None if there is none."""
        return next((one.title for one in self.profiles if one.role is role), None)

    @property
    def file_column(self) -> str:
        """The column that names the files.

        Raises:
            InvalidInput: none seems to.
        """
        if column := self.column(Role.FILE):
            return column
        raise InvalidInput(
            f"{self.table.name} has no column '{DEFAULT_FILE}', and no other column names the files. "
            f"{self.table.columns_text()} Choose the one with the names of the files (--file-column)."
        )

    @property
    def is_ours(self) -> bool:
        """Whether Rounds wrote the table, of a run's predictions: its metadata are as the catalogue keeps them."""
        return bool(run_columns(self.table.columns))

    def fact_name(self, title: str) -> str:
        """Return the name of a column's metadata; a table that Rounds wrote has some titles with a word in front."""
        return fact_name(title.removeprefix(FACT) if self.is_ours else title)

    def of(self, title: str) -> ColumnProfile:
        """Return the profile of a column."""
        return next(one for one in self.profiles if one.title == title)


def open_table(request: ImportRequest) -> Table:
    """Open the table of a request, written as the request says.

    Raises:
        InvalidInput: the file cannot be opened, is no table, or has no such sheet or header line.
    """
    request.check_within()
    dialect = chosen_dialect(request.encoding, request.separator, request.decimal, request.header_line)
    table = read_table((request.metadata or Path()).expanduser(), dialect, sheet=request.sheet)
    return table.with_points() if request.decimal is None and run_columns(table.columns) else table


def find_roles(request: ImportRequest, table: Table, names: NameIndex[Any] | None) -> TableRoles:
    """Return the columns with their roles.

    Raises:
        InvalidInput: a column or a role that does not exist, or a row that does not fit its header.
    """
    chosen = chosen_roles(request, table)
    guessed = profile(table, names, request.task, request.date_order or "")
    return settle(table, guessed, chosen)


def settle(table: Table, guessed: Sequence[ColumnProfile], chosen: Mapping[str, Role]) -> TableRoles:
    """Return the guesses with the chosen roles: a guess gives way to a column that was chosen for its role."""
    taken = {role for role in chosen.values() if role in ONE_COLUMN}
    of_run = run_columns(table.columns)
    guessed = [replace(one, role=Role.LEAVE_OUT, reason=OF_RUN) if _is_of_run(one, of_run) else one for one in guessed]
    profiles = tuple(_settled(one, chosen.get(one.title), taken) for one in guessed)
    return TableRoles(table, profiles, frozenset(chosen))


def _is_of_run(column: ColumnProfile, of_run: Collection[str]) -> bool:
    return column.title in of_run and column.role not in (Role.FILE, Role.PATIENT)


def _settled(guess: ColumnProfile, role: Role | None, taken: set[Role]) -> ColumnProfile:
    if role is not None:
        return replace(guess, role=role, reason=CHOSEN)
    if guess.role in taken:
        fallback = Role.CATEGORY if guess.role is Role.LABEL else Role.LEAVE_OUT  # the others may identify a person
        return replace(guess, role=fallback, reason=f"another column was chosen as the {guess.role}")
    return guess


def chosen_roles(request: ImportRequest, table: Table) -> dict[str, Role]:
    """Return the roles that a person chose by column.

    Raises:
        InvalidInput: a column or a role that does not exist, or two columns for a role that one column has.
    """
    chosen = {column: _role(role) for column, role in request.roles}
    named = dict(_named(request))
    chosen = {column: role for column, role in chosen.items() if role not in named.values()} | named
    for column in chosen:
        table.column(column)
    for role in ONE_COLUMN:
        columns = [column for column, one in chosen.items() if one is role]
        if len(columns) > 1:
            raise InvalidInput(f"'{columns[0]}' and '{columns[1]}' both have the role {role}; choose one of them.")
    return chosen


def _named(request: ImportRequest) -> Iterator[tuple[str, Role]]:
    if request.label_column:
        yield request.label_column, Role.LABEL
    if request.patient_column:
        yield request.patient_column, Role.PATIENT
    if request.file_column != DEFAULT_FILE:
        yield request.file_column, Role.FILE


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError as error:
        raise InvalidInput(f"There is no role '{text}'; the roles are: {', '.join(Role)}.") from error
