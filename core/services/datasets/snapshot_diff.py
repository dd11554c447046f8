"""Compare two snapshots of one task, by case."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.services.annotation import numeric_answers
from db import Database
from db.tables import Snapshot, SnapshotCase
from db.vocabulary import TaskKind

PRESENCE = {1.0: "present", 0.0: "absent", None: "unknown"}


@dataclass(frozen=True, slots=True)
class Difference:
    """The changes from one snapshot to another."""

    added: int
    removed: int
    relabelled: tuple[tuple[int, str, str], ...]  # case, label before, label after
    moved: int


def difference(db: Database, before: int, after: int) -> Difference:
    """Return the changes between two snapshots of one task; for findings and numbers by each case's values."""
    with db.read() as session:
        old, new = _frozen_cases(session, before), _frozen_cases(session, after)
        was, now = session.get_one(Snapshot, before), session.get_one(Snapshot, after)
    both = sorted(old.keys() & new.keys())
    pairs = {case: _changed_text(_values(was, old[case]), _values(now, new[case])) for case in both}
    return Difference(
        added=len(new.keys() - old.keys()),
        removed=len(old.keys() - new.keys()),
        relabelled=tuple((case, *pair) for case, pair in pairs.items() if pair is not None),
        moved=sum(old[case].split != new[case].split for case in both),
    )


def _frozen_cases(session: Session, snapshot_id: int) -> dict[int, SnapshotCase]:
    rows = session.scalars(select(SnapshotCase).where(SnapshotCase.snapshot_id == snapshot_id))
    return {row.case_id: row for row in rows}


def _values(snapshot: Snapshot, row: SnapshotCase) -> dict[str, tuple[object, str]]:
    """Return a case's values by class name: the value to compare, and its text."""
    targets = [row.label] if row.targets is None else row.targets
    if snapshot.kind is TaskKind.NUMBER:
        return {"": (targets[0], numeric_answers.format_value(targets[0], snapshot.summary.get("measure", "")))}
    if snapshot.kind is TaskKind.MULTI:
        pairs = zip(snapshot.classes, targets, strict=True)
        return {name: (target, f"{title} {PRESENCE[target]}") for (name, title), target in pairs}
    # Compared by name: a class's position changes when a retired class before it is left out.
    name, title = snapshot.classes[row.label]
    return {"": (name, title)}


def _changed_text(
    was: Mapping[str, tuple[object, str]], now: Mapping[str, tuple[object, str]]
) -> tuple[str, str] | None:
    """Return the changed values as text, before and after; None without a change. A missing finding is unknown."""
    nothing = (None, "unknown")
    names = [name for name in dict.fromkeys([*was, *now]) if was.get(name, nothing)[0] != now.get(name, nothing)[0]]
    if not names:
        return None
    before, after = (", ".join(values.get(name, nothing)[1] for name in names) for values in (was, now))
    return before, after
