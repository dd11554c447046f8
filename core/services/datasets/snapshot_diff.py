"""What changed from one snapshot to another, in cases and in words."""

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
    """What changed from one snapshot to another, in cases."""

    added: int
    removed: int
    relabelled: tuple[tuple[int, str, str], ...]  # case, label before, label after
    moved: int


def difference(db: Database, before: int, after: int) -> Difference:
    """What changed between two snapshots of one task; of findings and numbers, what is known of each case."""
    with db.read() as session:
        old, new = _placed(session, before), _placed(session, after)
        was, now = session.get_one(Snapshot, before), session.get_one(Snapshot, after)
    both = sorted(old.keys() & new.keys())
    pairs = {case: _words(_said(was, old[case]), _said(now, new[case])) for case in both}
    return Difference(
        added=len(new.keys() - old.keys()),
        removed=len(old.keys() - new.keys()),
        relabelled=tuple((case, *pair) for case, pair in pairs.items() if pair is not None),
        moved=sum(old[case].split != new[case].split for case in both),
    )


def _placed(session: Session, snapshot_id: int) -> dict[int, SnapshotCase]:
    rows = session.scalars(select(SnapshotCase).where(SnapshotCase.snapshot_id == snapshot_id))
    return {row.case_id: row for row in rows}


def _said(snapshot: Snapshot, row: SnapshotCase) -> dict[str, tuple[object, str]]:
    """What a case is called, by name of the class: what it is compared by, and how it is told."""
    targets = [row.label] if row.targets is None else row.targets
    if snapshot.kind is TaskKind.NUMBER:
        return {"": (targets[0], numeric_answers.format_value(targets[0], snapshot.summary.get("measure", "")))}
    if snapshot.kind is TaskKind.MULTI:
        told = zip(snapshot.classes, targets, strict=True)
        return {name: (said, f"{title} {PRESENCE[said]}") for (name, title), said in told}
    # A class is known by its name: its place moves where a retired one before it is left out.
    name, title = snapshot.classes[row.label]
    return {"": (name, title)}


def _words(was: Mapping[str, tuple[object, str]], now: Mapping[str, tuple[object, str]]) -> tuple[str, str] | None:
    """What changed, before and after; None where nothing did. A finding that one snapshot lacks is unknown there."""
    nothing = (None, "unknown")
    names = [name for name in dict.fromkeys([*was, *now]) if was.get(name, nothing)[0] != now.get(name, nothing)[0]]
    if not names:
        return None
    before, after = (", ".join(one.get(name, nothing)[1] for name in names) for one in (was, now))
    return before, after
