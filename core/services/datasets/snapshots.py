"""Plan a split and freeze it: immutable, hashed by content, one person in one split unless a column says otherwise."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.curation import leakage
from core.curation.content_hash import content_hash
from core.curation.duplicates import DuplicateGroup, count_by_split, exact_duplicates
from core.curation.leakage import assert_no_leakage
from core.curation.recipe import Recipe
from core.curation.records import SPLITS, AssignedCase, LabelledCase
from core.curation.split import assign_splits
from core.curation.summary import summary
from core.curation.targets import is_learnable, summary_of_findings, summary_of_numbers
from core.errors import InvalidInput, NotFound
from core.services.datasets import labelled_cases, shared_rows
from core.services.datasets.shared_rows import SharedBetweenSplits
from db import Database, queries
from db.tables import Case, Image, Snapshot, SnapshotCase, Task
from db.vocabulary import Split, TaskKind

FREE = {TaskKind.MULTI: "several findings", TaskKind.NUMBER: "a number"}  # kinds without classes to balance

FORGOTTEN = "forgotten"  # the key in a summary


@dataclass(frozen=True, slots=True)
class SnapshotPlan:
    """The plan of a snapshot, before anything is written.

    `unknown` cases have no known finding and are left out; `names` identify each case's content, `pictures` are the
    image ids of a series or study. Only a given split column can put patients into several splits: `shared` counts.
    """

    task_id: int
    kind: TaskKind
    recipe: Recipe
    classes: tuple[str, ...]
    titles: tuple[str, ...]
    rows: tuple[AssignedCase, ...]
    summary: dict[str, Any]
    duplicates: tuple[DuplicateGroup, ...]
    unlabelled: int
    unknown: int
    names: Mapping[int, str] = field(repr=False)
    pictures: Mapping[int, list[int]] = field(repr=False)
    shared: SharedBetweenSplits

    @property
    def patients_in_several_splits(self) -> str:
        """The names of the first patients in more than one split, with their splits; "" without any."""
        return leakage.named(leakage.patients_in_several_splits((row.patient, row.split) for row in self.rows))


@dataclass(frozen=True, slots=True)
class SnapshotView:
    """A frozen dataset. `classes` are names in output order, `titles` their titles; a number has none."""

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
    kind: TaskKind = TaskKind.SINGLE

    @property
    def forgotten(self) -> list[dict[str, Any]]:
        """How many cases were erased from the list since, and when: {"cases", "at"}; the summary still counts them."""
        return list(self.summary.get(FORGOTTEN, ()))

    @property
    def measure(self) -> str:
        """The unit of a number."""
        return str(self.summary.get("measure", ""))


def plan(db: Database, task_id: int, recipe: Recipe) -> SnapshotPlan:
    """Split and balance the labelled cases of a task.

    Raises:
        InvalidInput: fewer than two classes have labels (no finding is both present and absent, all numbers are
            equal), a column that some cases lack, or balancing a task without classes.
    """
    with db.read() as session:
        return _plan(session, task_id, recipe)


def freeze(db: Database, task_id: int, recipe: Recipe, *, name: str, by: str) -> SnapshotView:
    """Freeze a dataset as planned.

    Raises:
        InvalidInput: no name, or the name is in use, or as `plan`.
    """
    if not name.strip():
        raise InvalidInput("A snapshot needs a name, such as 'round 1'.")
    with db.transaction() as session:
        if session.scalar(select(Snapshot.id).where(Snapshot.name == name.strip())):
            raise InvalidInput(
                f"There is already a snapshot '{name.strip()}', and snapshots never change; choose another name."
            )
        new_plan = _plan(session, task_id, recipe)
        if recipe.split_fact is None:
            assert_no_leakage(new_plan.rows)
        row = Snapshot(
            task_id=task_id,
            kind=new_plan.kind,
            name=name.strip(),
            hash=_hash(new_plan),
            recipe=recipe.to_json(),
            classes=[list(pair) for pair in zip(new_plan.classes, new_plan.titles, strict=True)],
            summary={
                **new_plan.summary,
                "duplicates": _duplicate_counts(new_plan.duplicates),
                "unlabelled": new_plan.unlabelled,
                "unknown": new_plan.unknown,
            },
            reader_id=queries.reader_id(session, by),
        )
        session.add(row)
        session.flush()
        owner = _patient_ids(session, task_id)
        session.add_all(_frozen(row.id, new_plan, placed, owner[placed.case]) for placed in new_plan.rows)
        session.flush()
        return _view(session, row)


def as_json(db: Database, made: SnapshotView) -> dict[str, Any]:
    """Return the contract's keys for the command line; what the splits share is counted on the frozen rows."""
    shared = shared_rows.count(db, made.id)
    return {
        "snapshot": made.id,
        "name": made.name,
        "hash": made.hash,
        "task": made.task,
        "kind": made.kind,
        **asdict(shared),
        "certificate": shared.sentence,
        "splits": {split: made.summary[split] for split in SPLITS},
        "duplicates": made.summary["duplicates"],
        "unlabelled": made.summary["unlabelled"],
        "unknown": made.summary.get("unknown", 0),
    }


def list_snapshots(db: Database) -> list[SnapshotView]:
    """Return all snapshots, newest first."""
    with db.read() as session:
        return [_view(session, row) for row in session.scalars(select(Snapshot).order_by(Snapshot.id.desc()))]


def get_snapshot(db: Database, snapshot_id: int) -> SnapshotView:
    """Return one snapshot.

    Raises:
        NotFound: no snapshot has that id.
    """
    with db.read() as session:
        row = session.get(Snapshot, snapshot_id)
        if row is None:
            raise NotFound(f"There is no snapshot {snapshot_id}; choose one on the Datasets page.")
        return _view(session, row)


def snapshot_named(db: Database, name: str) -> SnapshotView:
    """Return the snapshot of a name.

    Raises:
        NotFound: no such name; lists the names.
    """
    with db.read() as session:
        row = session.scalar(select(Snapshot).where(Snapshot.name == name))
        if row is None:
            names = ", ".join(session.scalars(select(Snapshot.name).order_by(Snapshot.id))) or "none yet"
            raise NotFound(f"There is no snapshot '{name}'; the snapshots of this home are: {names}.")
        return _view(session, row)


def _plan(session: Session, task_id: int, recipe: Recipe) -> SnapshotPlan:
    task = session.get(Task, task_id)
    if task is None:
        raise NotFound(f"There is no task {task_id}; choose one on the Label page.")
    if task.kind in FREE and recipe.balance != "none":
        raise InvalidInput(
            f"Task '{task.name}' is about {FREE[task.kind]}, and only single classes can be balanced; "
            "freeze it without balancing (balance none)."
        )
    labelled = labelled_cases.labelled_cases(session, task)
    _check_learnable(task, labelled)
    pictures = labelled_cases.images_by_case(session, task)
    names = _content_names(session, task_id, pictures)
    assigned = _place(labelled.rows, recipe, labelled.strata, names)
    total = session.query(Case.id).filter(Case.task_id == task_id).count()
    return SnapshotPlan(
        task_id=task_id,
        kind=task.kind,
        recipe=recipe,
        classes=labelled.classes,
        titles=labelled.titles,
        rows=tuple(assigned),
        summary=_summary(task, assigned, labelled.classes),
        duplicates=tuple(exact_duplicates(labelled.rows, assigned)),
        unlabelled=total - len(labelled.rows) - labelled.unknown,
        unknown=labelled.unknown,
        names=names,
        pictures=pictures,
        shared=shared_rows.count_plan(session, task_id, assigned),
    )


def _check_learnable(task: Task, labelled: labelled_cases.LabelledCases) -> None:
    count = len(labelled.rows)
    if task.kind is TaskKind.NUMBER and not is_learnable(labelled.rows):
        raise InvalidInput(
            f"Task '{task.name}' has {len({row.targets for row in labelled.rows})} different number(s) on "
            f"{count} images; label at least two different numbers before freezing."
        )
    if task.kind is TaskKind.MULTI and not is_learnable(labelled.rows):
        raise InvalidInput(
            f"No finding of task '{task.name}' is both present and absent among its {count} labelled images; label "
            "both before freezing."
        )
    labels = len({row.label for row in labelled.rows})
    if task.kind not in FREE and labels < 2:
        raise InvalidInput(
            f"Task '{task.name}' has labels of {labels} classes on {count} images; "
            "label at least two classes before freezing."
        )


def _summary(task: Task, placed: Sequence[AssignedCase], classes: Sequence[str]) -> dict[str, Any]:
    if task.kind is TaskKind.NUMBER:
        return {**summary_of_numbers(placed), "measure": task.measure}
    return summary_of_findings(placed, classes) if task.kind is TaskKind.MULTI else summary(placed, classes)


def _frozen(snapshot_id: int, made: SnapshotPlan, row: AssignedCase, patient: int) -> SnapshotCase:
    return SnapshotCase(
        snapshot_id=snapshot_id,
        case_id=row.case,
        patient_id=patient,
        label=0 if row.targets else row.label,
        split=Split(row.split),
        weight=row.weight,
        repeats=row.repeats,
        targets=list(row.targets or (row.label,)),
        images=made.pictures.get(row.case),
        person=row.person if row.person != row.patient else None,
    )


def _hash(made: SnapshotPlan) -> str:
    """Hash file hashes and class names, without row ids or pseudonyms, so that equal content has an equal hash."""
    owner = _first_files(made.rows, made.names)
    rows = [replace(row, patient=owner[row.group], person="") for row in made.rows]
    return content_hash(made.classes, made.recipe, rows, keys=made.names, kind=made.kind.value)


def _place(
    rows: Sequence[LabelledCase], recipe: Recipe, classes: Sequence[str], names: Mapping[int, str]
) -> list[AssignedCase]:
    """Split by the cases' content, not this home's ids and pseudonyms: one seed gives one split in any home."""
    if recipe.split_fact is not None:
        return assign_splits(rows, recipe, classes)  # not random, and an error names the patient
    owner = _first_files(rows, names)
    ordered = sorted(rows, key=lambda row: names[row.case])
    neutral = [replace(row, case=number, patient=owner[row.group], person="") for number, row in enumerate(ordered)]
    placed = assign_splits(neutral, recipe, classes)
    originals = [ordered[row.case] for row in placed]
    return [
        replace(row, case=original.case, patient=original.patient, person=original.person)
        for row, original in zip(placed, originals, strict=True)
    ]


def _content_names(session: Session, task_id: int, pictures: Mapping[int, Sequence[int]]) -> dict[int, str]:
    """Return each case's content name: its file's sha256 and item, with a hash of its other images if it has any."""
    main = dict(session.execute(select(Case.id, Case.image_id).where(Case.task_id == task_id)).all())
    names: dict[int, str] = {}
    for ids in queries.chunks(sorted({*main.values(), *(image for images in pictures.values() for image in images)})):
        files = select(Image.id, Image.sha256, Image.item).where(Image.id.in_(ids))
        for image, sha256, item in session.execute(files):
            names[image] = f"{sha256}#{item}" if item else sha256
    return {
        case: names[image] + _others([names[other] for other in pictures.get(case, ())]) for case, image in main.items()
    }


def _others(names: Sequence[str]) -> str:
    return f"+{hashlib.sha256(' '.join(names).encode()).hexdigest()}" if len(names) > 1 else ""


def _first_files(rows: Sequence[LabelledCase] | Sequence[AssignedCase], names: Mapping[int, str]) -> dict[str, str]:
    """Return a home-independent name for each person: the first of the person's files."""
    first: dict[str, str] = {}
    for row in rows:
        first[row.group] = min(names[row.case], first.get(row.group, names[row.case]))
    return first


def _patient_ids(session: Session, task_id: int) -> Mapping[int, int]:
    joined = select(Case.id, Image.patient_id).join(Image, Image.id == Case.image_id).where(Case.task_id == task_id)
    return dict(session.execute(joined).all())


def _duplicate_counts(groups: tuple[DuplicateGroup, ...]) -> dict[str, int]:
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
        id=row.id,
        name=row.name,
        hash=row.hash,
        task_id=row.task_id,
        task=session.get_one(Task, row.task_id).name,
        classes=tuple(pair[0] for pair in row.classes),
        titles=tuple(pair[1] for pair in row.classes),
        recipe=row.recipe,
        summary=row.summary,
        created_at=row.created_at,
        kind=row.kind,
    )
