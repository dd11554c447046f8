"""The table of an import, joined with its files: what each row says of its file."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import InvalidInput
from core.imaging import deidentify, metadata_csv
from core.imaging.identity.columns import are_births, names_persons
from core.imaging.identity.dates import read_date
from core.imaging.identity.free_text import mask_free_text
from core.imaging.metadata_csv import JoinedMetadata, MetadataTable
from core.imaging.tables.column_titles import Role, role_of_title
from core.imaging.tables.dates import iso_date
from core.imaging.tables.file_identifiers import identifiers_of
from core.imaging.tables.file_names import ROWS_FROM_0, NameIndex, are_rows_from_0
from core.imaging.tables.words import plain_number
from core.services.imports import table_roles
from core.services.imports.import_request import ImportRequest
from core.services.imports.source_files import SourceFiles
from core.services.imports.table_roles import CHOSEN, TableRoles

FACTS = (Role.SPLIT, Role.NUMBER, Role.DATE, Role.CATEGORY, Role.TEXT, Role.LABEL)


@dataclass(frozen=True, slots=True)
class RowValues:
    """What a row says of its file, by role; `others` are its identities, in memory only."""

    facts: dict[str, str]
    others: tuple[str, ...] = ()
    patient_id: str = ""
    label: str = ""
    study: str = ""
    birth_date: str = ""


@dataclass(frozen=True, slots=True)
class ImportTable:
    """A table with the roles of its columns, its rows, and their files; `label` is the column of labels, if any."""

    roles: TableRoles
    rows: MetadataTable
    joined: JoinedMetadata
    label: str | None = None

    @classmethod
    def of(cls, request: ImportRequest, sources: SourceFiles, classes: Collection[str] = ()) -> "ImportTable":
        """Read the table of a request, and join it with the files; labels are spelt as the `classes`.

        Raises:
            InvalidInput: the file cannot be opened, what it says does not fit, or it names none of the files.
        """
        table = table_roles.open_table(request)
        files = {path: sources.name(path) for path in sources.listing.files}
        names = metadata_csv.index(files, sources.root)
        if identifiers := identifiers_of(table, names, files):
            names = metadata_csv.index(files, sources.root, identifiers)
        roles = table_roles.find_roles(request, table, names)
        label = roles.column(Role.LABEL) if request.task else None
        known = [*classes, *request.class_order]
        rows = metadata_csv.read_rows(table, roles.file_column, names, label=label, classes=known)
        if label and not request.keep_spellings:
            rows = rows.with_one_spelling(label, known)
        joined = rows.join_names(names, files, sources.staging)
        _check_header(roles, names)
        if are_rows_from_0([row[roles.file_column] for row in joined.rows.values()], joined.missing):
            raise InvalidInput(ROWS_FROM_0.format(table.name))
        if files and not joined.rows:
            raise InvalidInput(_no_match(rows, joined, names, files))
        return cls(roles, rows, joined, label)

    @property
    def left_out(self) -> dict[str, str]:
        """Why columns may identify patients, and are not stored."""
        return {one.title: one.identity for one in self.roles.profiles if one.role is Role.LEAVE_OUT and one.identity}

    @property
    def labels(self) -> Counter[str]:
        """The labels of the files with their counts."""
        label = self.label
        return Counter(row[label] for row in self.joined.rows.values() if row[label]) if label else Counter()

    @property
    def split_facts(self) -> tuple[str, ...]:
        """The metadata that say of which split an image is."""
        return tuple(self.roles.fact_name(one.title) for one in self.roles.profiles if one.role is Role.SPLIT)

    def values(self, path: Path) -> RowValues:
        """Return what the row of a file says; nothing without a row."""
        row, facts, others, birth_date = self.joined.rows.get(path, {}), {}, list[str](), ""
        for column in self.roles.profiles if row else ():
            value = row.get(column.title, "")
            if value and column.role in FACTS and column.title != self.label:
                text = value if column.title in self.roles.chosen else mask_free_text(value, deidentify.MASK)
                as_kept = text if self.roles.is_ours else _fact_value(text, column.role, column.date_order)
                facts[self.roles.fact_name(column.title)] = as_kept
            elif value and column.role in (Role.LEAVE_OUT, Role.STUDY) and names_persons(column.identity):
                others.append(value)
            if are_births(column.identity) and (day := read_date(value)):
                birth_date = f"{day:%Y%m%d}"
        patient, study = self.roles.column(Role.PATIENT), self.roles.column(Role.STUDY)
        return RowValues(
            facts,
            tuple(others),
            patient_id=row.get(patient or "", ""),
            label=row.get(self.label or "", ""),
            study=row.get(study or "", ""),
            birth_date=birth_date,
        )

    def to_json(self) -> dict[str, Any]:
        """Return how the table was read, for the report of the import."""
        table, joined = self.roles.table, self.joined
        return {
            "encoding": table.dialect.encoding,
            "separator": table.dialect.separator,
            "decimal": table.dialect.decimal,
            "header_line": table.dialect.first_line,
            "title_lines": len(table.passed_over),
            "sheet": table.sheet,
            "columns": [
                {
                    "column": column.title,
                    "role": str(column.role),
                    "by": CHOSEN if column.title in self.roles.chosen else "guessed",
                    "reason": column.reason,
                    **({"date_order": column.date_order} if column.role is Role.DATE else {}),
                }
                for column in self.roles.profiles
            ],
            "rows": self.rows.row_count,
            "matched": len(joined.rows),
            "ambiguous": len(joined.ambiguous),
            "missing": joined.missing_count,
            "labels": dict(self.labels.most_common()),
        }


def _check_header(roles: TableRoles, names: NameIndex[Path]) -> None:
    """Check that the header is none of the rows, which would be left out."""
    title, line = roles.file_column, roles.table.dialect.first_line
    if role_of_title(title) is None and names.find(title).candidates:
        raise InvalidInput(
            f"Line {line} of {roles.table.name} is its header, and '{title}' in it is the name of a file. "
            "Put a line with the titles of the columns above the rows."
        )


def _no_match(rows: MetadataTable, joined: JoinedMetadata, names: NameIndex[Path], files: Mapping[Path, str]) -> str:
    """Return why no row found its file, with a value and the name of a file that it may mean."""
    if not rows.row_count:
        return f"{rows.path} has no row with a name in its column '{rows.file_column}'; it needs a row per file."
    if joined.ambiguous:
        text = joined.ambiguous[0]
        candidates = ", ".join(files[path] for path in names.find(text).candidates[:2])
        return f"Each row of {rows.path} fits several files: '{text}' fits {candidates}. Write the paths of the files."
    text, near = joined.missing[0], names.nearest(joined.missing[0])
    return (
        f"{rows.path} names none of the {len(joined.unlisted):,} files: its column '{rows.file_column}' has values "
        f"such as '{text}', and the files have names such as '{near}'. Choose the column with the names of the files "
        "(--file-column), or correct the names."
    )


def _fact_value(value: str, role: Role, date_order: str) -> str:
    """Return a value as the catalogue keeps it: a number with a point, a date as ISO 8601, or the text."""
    if role is Role.NUMBER:
        return plain_number(value) or value
    if role is Role.DATE:
        return iso_date(value, date_order) or value
    return value
