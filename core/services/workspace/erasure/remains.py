"""Say what remains of an erased person: frozen lists, weights, linked originals, backups."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.services.datasets.snapshots import FORGOTTEN
from db import queries
from db.tables import Prediction, Run, Snapshot, SnapshotCase
from db.vocabulary import Split

NAMED = 5  # the most paths in a sentence
UNFINISHED = (
    "The file of the catalogue still has old bytes of the person, because another program uses it or its disk is full; "
    "stop Rounds, free some space, then run `rounds doctor --sweep`."
)
COPIES = (
    "Backups and exported files of before today still contain the person: delete them, or forget the person again "
    "after a restore. An import of the same files brings the person back."
)


@dataclass(frozen=True, slots=True)
class Remaining:
    """Where erased cases were: the number by snapshot, the runs that learned from them, and all runs about them."""

    snapshots: dict[int, tuple[str, int]]  # name and number of cases
    trained: tuple[int, ...]
    runs: tuple[int, ...]


def of_cases(session: Session, cases: Sequence[int]) -> Remaining:
    """Return where the cases are frozen, and which runs saw them."""
    frozen = [
        row
        for ids in queries.chunks(list(cases))
        for row in session.execute(
            select(SnapshotCase.snapshot_id, Snapshot.name, SnapshotCase.split)
            .join(Snapshot, Snapshot.id == SnapshotCase.snapshot_id)
            .where(SnapshotCase.case_id.in_(ids))
        )
    ]
    counts = Counter((snapshot, name) for snapshot, name, _ in frozen)
    learned = {snapshot for snapshot, _, split in frozen if split is not Split.TEST}
    every_run = session.scalars(select(Run)).all()
    about = {run.id for run in every_run if {run.snapshot_id, *run.extra_snapshots} & {one for one, _, _ in frozen}}
    for ids in queries.chunks(list(cases)):
        about |= set(session.scalars(select(Prediction.run_id).where(Prediction.case_id.in_(ids)).distinct()))
    by_snapshot = {snapshot: (name, count) for (snapshot, name), count in sorted(counts.items())}
    return Remaining(by_snapshot, tuple(sorted(_trained(every_run, learned))), tuple(sorted(about)))


def note_in_snapshots(session: Session, remaining: Remaining, *, at: float) -> None:
    """Note in each snapshot how many of its cases were forgotten; its counts stay those of the day it was frozen."""
    for snapshot_id, (_, count) in remaining.snapshots.items():
        row = session.get_one(Snapshot, snapshot_id)
        row.summary = {**row.summary, FORGOTTEN: [*row.summary.get(FORGOTTEN, ()), {"cases": count, "at": at}]}


def sentences(remaining: Remaining, outside: Sequence[Path], shared: Collection[str]) -> tuple[str, ...]:
    """Return one sentence for each thing that remains."""
    lines = [
        f"Snapshot '{name}' loses {_count(count, 'case')} from its list; its counts and its hash stay those of the "
        "day it was frozen."
        for name, count in remaining.snapshots.values()
    ]
    if remaining.trained:
        lines.append(
            f"The weights of {_numbered('run', remaining.trained)} were trained or selected with this person and "
            "remain; train again on a new snapshot to have a model without."
        )
    if outside:
        named = ", ".join(map(str, outside[:NAMED])) + (", …" if len(outside) > NAMED else "")
        lines.append(f"{_count(len(outside), 'original')} outside the home, only linked here, remain: {named}.")
    if shared:
        lines.append(
            f"{_count(len(shared), 'original')} also with images of other persons remain; the pixels of this person in "
            f"them are erased only from the store: {', '.join(one[:12] for one in sorted(shared)[:NAMED])}."
        )
    return (*lines, COPIES)


def _trained(runs: Iterable[Run], learned: Collection[int]) -> set[int]:
    """Return the runs that trained on the snapshots, and those that began with their weights."""
    trained: set[int] = set()
    for run in sorted(runs, key=lambda run: run.id):
        began = run.spec.get("start_run") if run.spec.get("start") == "run" else None
        if run.external_source is None and (began in trained or {run.snapshot_id, *run.extra_snapshots} & set(learned)):
            trained.add(run.id)
    return trained


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _numbered(word: str, numbers: Sequence[int]) -> str:
    return f"{word}{'' if len(numbers) == 1 else 's'} {', '.join(map(str, numbers))}"
