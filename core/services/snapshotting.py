"""Plan a split and freeze it: immutable, hashed by content, never one patient in two splits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.curation.content import content_hash
from core.curation.duplicates import DuplicateGroup, count_by_split, exact_duplicates
from core.curation.leakage import prove
from core.curation.recipe import Recipe
from core.curation.rows import SPLITS, Labelled, Placed
from core.curation.split import place
from core.curation.summary import summary
from core.errors import InvalidInput, NotFound
from db import Database, queries
from db.tables import Case, Image, LabelClass, Patient, Snapshot, SnapshotCase, Task
from db.vocabulary import Answer, Split, TaskKind


@dataclass(frozen=True, slots=True)
class Plan:
    """What freezing would make: nothing is written yet."""

    task_id: int
    recipe: Recipe
    classes: tuple[str, ...]
    titles: tuple[str, ...]
    rows: tuple[Placed, ...]
    summary: dict[str, Any]
    duplicates: tuple[DuplicateGroup, ...]
    unlabelled: int


@dataclass(frozen=True, slots=True)
class SnapshotView:
    """A frozen dataset. `classes` are names in output order, `titles` what people read."""

    id: int
    name: str
    hash: str
    task_id: int
    task: str
    classes: tuple[str, ...]
    titles: tuple[str, ...]
    recipe: dict[str, Any]
    summary: dict[str, Any]
    created_at: float


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed from one snapshot to another, in cases."""

    added: int
    removed: int
    relabelled: tuple[tuple[int, str, str], ...]  # case, label before, label after
    moved: int


def plan(db: Database, task_id: int, recipe: Recipe) -> Plan:
    """Split and balance the labelled cases of a task.

    Raises:
        InvalidInput: fewer than two classes have labels, or a column that some cases lack.
        LeakingSplit: a given split column puts a patient in two splits; names the patient.
    """
    with db.read() as session:
        return _plan(session, task_id, recipe)


def freeze(db: Database, task_id: int, recipe: Recipe, *, name: str, by: str) -> SnapshotView:
    """Make the plan a snapshot.

    Raises:
        InvalidInput: no name, or the name is taken by another content.
        LeakingSplit: as `plan`.
    """
    if not name.strip():
        raise InvalidInput("A snapshot needs a name, such as 'round 1'.")
    with db.transaction() as session:
        if session.scalar(select(Snapshot.id).where(Snapshot.name == name.strip())):
            raise InvalidInput(
                f"There is already a snapshot '{name.strip()}', and snapshots never change; choose another name."
            )
        made = _plan(session, task_id, recipe)
        prove(made.rows)
        row = Snapshot(
            task_id=task_id, name=name.strip(), hash=_hash(session, made), recipe=recipe.to_json(),
            classes=[list(pair) for pair in zip(made.classes, made.titles, strict=True)],
            summary={**made.summary, "duplicates": _counted(made.duplicates), "unlabelled": made.unlabelled},
            reader_id=queries.reader_id(session, by),
        )  # fmt: skip
        session.add(row)
        session.flush()
        owner = _patient_ids(session, task_id)
        session.add_all(
            SnapshotCase(
                snapshot_id=row.id, case_id=placed.case, patient_id=owner[placed.case], label=placed.label,
                split=Split(placed.split), weight=placed.weight, repeats=placed.repeats,
            )
            for placed in made.rows
        )  # fmt: skip
        session.flush()
        return _view(session, row)


def as_json(made: SnapshotView) -> dict[str, Any]:
    """For the command line: the contract's keys, and what else the summary holds."""
    return {"snapshot": made.id, "name": made.name, "hash": made.hash, "task": made.task, "shared_patients": 0,
            "splits": {split: made.summary[split] for split in SPLITS}, "duplicates": made.summary["duplicates"],
            "unlabelled": made.summary["unlabelled"]}  # fmt: skip


def every(db: Database) -> list[SnapshotView]:
    """All snapshots, newest first."""
    with db.read() as session:
        return [_view(session, row) for row in session.scalars(select(Snapshot).order_by(Snapshot.id.desc()))]


def get(db: Database, snapshot_id: int) -> SnapshotView:
    """One snapshot.

    Raises:
        NotFound: no snapshot has that id.
    """
    with db.read() as session:
        row = session.get(Snapshot, snapshot_id)
        if row is None:
            raise NotFound(f"Snapshot {snapshot_id} is not in this catalogue; choose one from the Datasets page.")
        return _view(session, row)


def named(db: Database, name: str) -> SnapshotView:
    """The snapshot of that name.

    Raises:
        NotFound: says which there are.
    """
    with db.read() as session:
        row = session.scalar(select(Snapshot).where(Snapshot.name == name))
        if row is None:
            names = ", ".join(session.scalars(select(Snapshot.name).order_by(Snapshot.id))) or "none yet"
            raise NotFound(f"There is no snapshot '{name}'; the snapshots of this home are: {names}.")
        return _view(session, row)


def difference(db: Database, before: int, after: int) -> Difference:
    """What changed between two snapshots of one task."""
    with db.read() as session:
        old, new = _placed(session, before), _placed(session, after)
        was, now = session.get_one(Snapshot, before).classes, session.get_one(Snapshot, after).classes
    # A class is known by its name: its place moves where a retired one before it is left out.
    pairs = {case: (was[old[case].label], now[new[case].label]) for case in sorted(old.keys() & new.keys())}
    return Difference(
        added=len(new.keys() - old.keys()),
        removed=len(old.keys() - new.keys()),
        relabelled=tuple((case, one[1], other[1]) for case, (one, other) in pairs.items() if one[0] != other[0]),
        moved=sum(old[case].split != new[case].split for case in pairs),
    )


def _plan(session: Session, task_id: int, recipe: Recipe) -> Plan:
    task = session.get(Task, task_id)
    if task is None:
        raise NotFound(f"Task {task_id} is not in this catalogue; choose one from the Label page.")
    if task.kind is TaskKind.MULTI:
        raise InvalidInput(f"Task '{task.name}' asks for several findings, which no model learns here yet; freeze a "
                           "task whose answer is one class.")  # fmt: skip
    rows = _labelled(session, task)
    classes, rows = _without_unused(task, rows)
    if len({row.label for row in rows}) < 2:
        raise InvalidInput(
            f"Task '{task.name}' has labels of {len({row.label for row in rows})} class(es) on {len(rows)} images; "
            "label at least two classes before freezing."
        )
    placed = _place(rows, recipe, [label.name for label in classes], _file_names(session, task_id))
    total = session.query(Case.id).filter(Case.task_id == task_id).count()
    return Plan(
        task_id=task_id, recipe=recipe, classes=tuple(label.name for label in classes),
        titles=tuple(label.title or label.name for label in classes), rows=tuple(placed),
        summary=summary(placed, [label.name for label in classes]), duplicates=tuple(exact_duplicates(rows, placed)),
        unlabelled=total - len(rows),
    )  # fmt: skip


def _without_unused(task: Task, rows: list[Labelled]) -> tuple[list[LabelClass], list[Labelled]]:
    """The classes a model could learn: a retired one only where labels stand with it, else it would have no image."""
    used = {row.label for row in rows}
    kept = [label for label in task.classes if label.retired_at is None or label.position in used]
    output = {label.position: at for at, label in enumerate(kept)}
    return kept, [replace(row, label=output[row.label]) for row in rows]


def _labelled(session: Session, task: Task) -> list[Labelled]:
    joined = (
        select(Case.id, LabelClass.position, Patient.pseudonym, Image.id, Image.pixel_sha256)
        .join(LabelClass, LabelClass.id == Case.label_id)
        .join(Image, Image.id == Case.image_id)
        .join(Patient, Patient.id == Image.patient_id)
        .where(Case.task_id == task.id, Case.answer == Answer.LABEL, Image.excluded_because.is_(None))
        .order_by(Case.id)
    )
    found = session.execute(joined).all()
    facts = queries.facts_of(session, [row[3] for row in found])
    return [
        Labelled(case=case, patient=patient, label=label, facts=facts.get(image, {}), pixel_sha256=pixels)
        for case, label, patient, image, pixels in found
    ]


def _hash(session: Session, made: Plan) -> str:
    """Over file hashes and class names, no row ids, no pseudonyms: the same content has the same hash in any home."""
    names = _file_names(session, made.task_id)
    owner = _first_files(made.rows, names)
    rows = [replace(row, patient=owner[row.patient]) for row in made.rows]
    return content_hash(made.classes, made.recipe, rows, keys=names)


def _place(rows: Sequence[Labelled], recipe: Recipe, classes: Sequence[str], names: Mapping[int, str]) -> list[Placed]:
    """Place by what the cases hold, not by this home's numbers and pseudonyms: one seed, one split, in any home."""
    if recipe.split_fact is not None:
        return place(rows, recipe, classes)  # no chance in it, and an error names the patient
    owner = _first_files(rows, names)
    ordered = sorted(rows, key=lambda row: names[row.case])
    neutral = [replace(row, case=number, patient=owner[row.patient]) for number, row in enumerate(ordered)]
    placed = place(neutral, recipe, classes)
    return [replace(one, case=ordered[one.case].case, patient=ordered[one.case].patient) for one in placed]


def _file_names(session: Session, task_id: int) -> dict[int, str]:
    """What a case holds, by case: its file's sha256, and its item there."""
    keys = select(Case.id, Image.sha256, Image.item).join(Image, Image.id == Case.image_id)
    return {
        case: f"{sha256}#{item}" if item else sha256
        for case, sha256, item in session.execute(keys.where(Case.task_id == task_id))
    }


def _first_files(rows: Sequence[Labelled] | Sequence[Placed], names: Mapping[int, str]) -> dict[str, str]:
    """A patient's name that holds in any home, by pseudonym: the first of the files that are theirs."""
    first: dict[str, str] = {}
    for row in rows:
        first[row.patient] = min(names[row.case], first.get(row.patient, names[row.case]))
    return first


def _patient_ids(session: Session, task_id: int) -> Mapping[int, int]:
    joined = select(Case.id, Image.patient_id).join(Image, Image.id == Case.image_id).where(Case.task_id == task_id)
    return dict(session.execute(joined).all())


def _placed(session: Session, snapshot_id: int) -> dict[int, SnapshotCase]:
    rows = session.scalars(select(SnapshotCase).where(SnapshotCase.snapshot_id == snapshot_id))
    return {row.case_id: row for row in rows}


def _counted(groups: tuple[DuplicateGroup, ...]) -> dict[str, int]:
    return {
        **count_by_split(groups),
        "groups": len(groups),
        "images": sum(len(group.cases) for group in groups),
        "across_splits": sum(group.crosses_splits for group in groups),
        "across_patients": sum(group.crosses_patients for group in groups),
        "labels_disagree": sum(group.labels_disagree for group in groups),
    }


def _view(session: Session, row: Snapshot) -> SnapshotView:
    return SnapshotView(
        id=row.id, name=row.name, hash=row.hash, task_id=row.task_id,
        task=session.get_one(Task, row.task_id).name, classes=tuple(pair[0] for pair in row.classes),
        titles=tuple(pair[1] for pair in row.classes), recipe=row.recipe, summary=row.summary,
        created_at=row.created_at,
    )  # fmt: skip
