"""List the stacks that read differently since a home of an older version was opened."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select

from core.services.workspace.doctor_files import Outcome
from db import Database
from db.tables import Series

CHANGES = (("order", "in another order"), ("window", "at another window"))
MOST = 20  # numbers of series in one line


def stacks(db: Database) -> Outcome:
    """List the stacks of an older catalogue that read differently since it was upgraded, the first time only."""
    with db.read() as session:
        unlisted = [
            row for row in session.scalars(_reading_differently()) if not (row.reads_differently or {}).get("listed")
        ]
        count = session.scalar(select(func.count(Series.id))) or 0
    if not unlisted:
        return True, f"{count} stacks"
    with db.transaction() as session:
        for row in session.scalars(_reading_differently()):
            row.reads_differently = {**(row.reads_differently or {}), "listed": True}
    return True, "; ".join(_changed(unlisted, key, words) for key, words in CHANGES if _ids(unlisted, key))


def _reading_differently() -> Select[Series]:
    return select(Series).where(Series.reads_differently.isnot(None)).order_by(Series.id)


def _ids(rows: Sequence[Series], key: str) -> list[int]:
    return [row.id for row in rows if (row.reads_differently or {}).get(key)]


def _changed(rows: Sequence[Series], key: str, words: str) -> str:
    ids = _ids(rows, key)
    return f"{len(ids)} series read {words} than in the version before: {', '.join(map(str, ids[:MOST]))}" + (
        ", …" if len(ids) > MOST else ""
    )
