"""Delete every row about some patients: found by the foreign keys of the tables, so that no new table is forgotten."""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Column, ColumnElement, Table, delete, select
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from db import queries
from db.tables import Base, Patient

ID = "id"
Rows = dict[str, list[int]]  # ids by table


def rows_of(session: Session, patients: Sequence[int]) -> Rows:
    """Return the ids of all rows about patients: theirs, and those that refer to one of them, by table."""
    rows: Rows = {Patient.__tablename__: sorted(patients)}
    for table in Base.metadata.sorted_tables:  # what is referred to comes first
        if ID in table.c and table.name not in rows:
            ids = {one for where in _about(table, rows) for one in session.scalars(select(table.c.id).where(where))}
            rows |= {table.name: sorted(ids)} if ids else {}
    return rows


def delete_rows(session: Session, rows: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """Delete the rows, and those without an id of their own that refer to them; return how many by table."""
    counts: dict[str, int] = {}
    for table in reversed(Base.metadata.sorted_tables):
        wheres = _by_id(table, rows) if ID in table.c else _about(table, rows)
        deleted = [session.execute(delete(table).where(where)) for where in wheres]
        count = sum(one.rowcount for one in deleted if isinstance(one, CursorResult))
        counts |= {table.name: count} if count else {}
    return counts


def _by_id(table: Table, rows: Mapping[str, Sequence[int]]) -> Iterator[ColumnElement[bool]]:
    """Yield conditions for the rows, the newest first: an undo refers to an older answer."""
    for ids in queries.chunks(list(reversed(rows.get(table.name, ())))):
        yield table.c.id.in_(ids)


def _about(table: Table, rows: Mapping[str, Sequence[int]]) -> Iterator[ColumnElement[bool]]:
    """Yield conditions for the rows of a table that refer to one of the rows."""
    for column, other in _references(table):
        for ids in queries.chunks(list(rows.get(other, ()))):
            yield column.in_(ids)


def _references(table: Table) -> Iterator[tuple[Column[int], str]]:
    for key in table.foreign_keys:
        if key.column.table is not table:
            yield key.parent, key.column.table.name
