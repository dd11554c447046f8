"""Check the catalogue of a backup before it is used: nobody vouches for who wrote its file."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Column, Table, select

from db import Database, migrations, schema
from db.tables import Base

SHA256 = r"[0-9a-f]{64}"
# Weights of predictions: none for imported ones, several where a run has predictions of several checkpoints.
WEIGHTS = re.compile(rf"({SHA256}( {SHA256})*)?")
FORMS = {"sha256": re.compile(SHA256), "pixel_sha256": re.compile(SHA256), "checkpoint_sha256": WEIGHTS}
ROWS = 1_000  # read at once
UNREADABLE = (LookupError, TypeError, ValueError, RecursionError)  # of a stored word, number or JSON


def foreign_object(db: Database) -> str:
    """Return what the file has that no catalogue of Rounds has and that runs by itself; "" without any."""
    return next((f"it has a {one}" for one in schema.foreign_objects(db)), "")


def changed_schema(db: Database, folder: Path) -> str:
    """Return the first table or index that differs from those of this version, "" if none does."""
    expected = Database(f"sqlite:///{folder / 'expected.sqlite'}")
    try:
        migrations.create(expected)
        return next((f"its {one} is not one of Rounds" for one in schema.differences(db, expected)), "")
    finally:
        expected.close()
        (folder / "expected.sqlite").unlink()


def bad_value(db: Database) -> str:
    """Return the first value that cannot be read or does not have the form of a hash; "" if all do."""
    return next((bad for table in Base.metadata.sorted_tables for bad in _bad_values(db, table)), "")


def _bad_values(db: Database, table: Table) -> Iterator[str]:
    with db.engine.connect() as connection:
        rows = connection.execution_options(yield_per=ROWS).execute(select(table))
        try:
            for row in rows:
                pairs = zip(table.columns, row, strict=True)
                yield from (_named(column) for column, value in pairs if _is_bad(column, value))
        except UNREADABLE:
            yield f"a row of its table '{table.name}' cannot be read"


def _is_bad(column: Column[Any], value: Any) -> bool:
    if value is None or isinstance(column.type, JSON):
        return False
    kind = column.type.python_type
    if not isinstance(value, (int, float) if kind is float else kind):
        return True
    return column.name in FORMS and FORMS[column.name].fullmatch(str(value)) is None


def _named(column: Column[Any]) -> str:
    return f"a {column.name} of its table '{column.table.name}' has another form than Rounds writes"
