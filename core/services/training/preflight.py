"""What a training will do and what speaks against it, from the frozen rows alone: said before it starts."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from core.curation.effective_sample_size import (
    ClassSupport,
    CountedCase,
    class_balanced,
    class_supports,
    effective_patients,
)
from core.curation.records import SPLITS
from core.models import MODELS
from core.services.annotation import tasks
from core.services.datasets import snapshots
from core.training.spec import TrainSpec
from db import Database
from db.tables import SnapshotCase
from db.vocabulary import TaskKind, Unit

FEW = 20  # patients, below which a figure's interval is wide
TITLES = {"train": "training", "val": "validation", "test": "test"}
WANTS = {
    "stack": ((Unit.SERIES, Unit.STUDY), "the slices of a series"),
    "bag": ((Unit.STUDY, Unit.SERIES), "the images of a study"),
    "views": ((Unit.STUDY,), "two views of a study"),
}
"""What a model of several pictures reads, and which tasks have it."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """A snapshot before training: `shown` images in an epoch; `classes` by title; effective patients as frozen and
    where every class counts the same (None where there are no classes to balance)."""

    images: Mapping[str, int]
    patients: Mapping[str, int]
    shown: int
    classes: Mapping[str, ClassSupport]
    effective: float
    effective_balanced: float | None
    kind: TaskKind
    unit: Unit
    task: str
    balance: str

    def steps(self, batch_size: int) -> int:
        """In an epoch."""
        return -(-self.shown // batch_size)


def preflight(db: Database, snapshot_id: int) -> Preflight:
    """Of a snapshot; snapshots never change, so neither does this.

    Raises:
        NotFound: no snapshot has that id.
    """
    view = snapshots.get_snapshot(db, snapshot_id)
    task, count = tasks.get(db, view.task_id), len(view.titles)
    rows = _rows(db, snapshot_id, view.kind)
    found = class_supports(rows, count)
    by_split = {split: [row for row in rows if row.split == split] for split in SPLITS}
    classed = view.kind in (TaskKind.SINGLE, TaskKind.ORDINAL)
    return Preflight(
        images={split: len(some) for split, some in by_split.items()},
        patients={split: len({row.patient for row in some}) for split, some in by_split.items()},
        shown=sum(row.repeats for row in by_split["train"]),
        classes=dict(zip(view.titles, found, strict=True)),
        effective=effective_patients(by_split["train"]),
        effective_balanced=effective_patients(class_balanced(rows, count)) if classed else None,
        kind=view.kind,
        unit=task.unit,
        task=task.name,
        balance=str(view.recipe.get("balance", "none")),
    )


def warnings(found: Preflight, spec: TrainSpec) -> list[str]:
    """What a person should know before starting, the gravest first; nothing here refuses."""
    return [*_mismatched(found, spec), *_empty(found), *_few(found), *_small(found, spec)]


def _rows(db: Database, snapshot_id: int, kind: TaskKind) -> list[CountedCase]:
    frozen = SnapshotCase
    wanted = select(frozen.patient_id, frozen.split, frozen.label, frozen.targets, frozen.weight, frozen.repeats)
    with db.read() as session:
        told = session.execute(wanted.where(frozen.snapshot_id == snapshot_id)).all()
    return [
        CountedCase(patient, split.value, _shows(kind, label, targets), weight, repeats)
        for patient, split, label, targets, weight, repeats in told
    ]


def _shows(kind: TaskKind, label: int, targets: list[float | None] | None) -> tuple[int, ...]:
    if kind is TaskKind.MULTI:
        return tuple(at for at, value in enumerate(targets or ()) if value == 1)
    return () if kind is TaskKind.NUMBER else (label,)


def _mismatched(found: Preflight, spec: TrainSpec) -> list[str]:
    model = MODELS[spec.model]
    if model.takes not in WANTS or found.unit in WANTS[model.takes][0]:
        return []
    return [
        f"{model.title} reads {WANTS[model.takes][1]}, and task '{found.task}' asks about single images: choose a "
        "model of one image, or freeze a task about studies or series."
    ]


def _empty(found: Preflight) -> list[str]:
    present = [title for title, one in found.classes.items() if one.images["train"]]
    if len(present) == 1 and found.kind is not TaskKind.MULTI:
        return [f"Every training image is labelled {present[0]}: there is nothing to tell apart."]
    return [
        f"No image of {title} in {TITLES[split]}: "
        + ("it cannot be learned." if split == "train" else "how well it is recognised will not be known there.")
        for split in SPLITS
        for title, one in found.classes.items()
        if found.images[split] and not one.images[split]
    ] + [
        f"There is no {TITLES[split]} split: {what}."
        for split, what in (("val", "the last epoch is taken for the best"), ("test", "nothing will judge the model"))
        if not found.images[split]
    ]


def _few(found: Preflight) -> list[str]:
    """Of each split the rarest classes in one sentence."""
    said = []
    for split in SPLITS:
        few = {title: one.patients[split] for title, one in found.classes.items() if 0 < one.patients[split] < FEW}
        if few:
            told = ", ".join(f"{count} of {title}" for title, count in sorted(few.items(), key=lambda it: it[1]))
            what = "it may learn them by heart" if split == "train" else "figures will be vague"
            said.append(f"Few patients in {TITLES[split]} ({told}): {what}.")
    return said


def _small(found: Preflight, spec: TrainSpec) -> list[str]:
    if spec.batch_size <= found.shown:
        return []
    return [f"A batch of {spec.batch_size} is more than the {found.shown} training images: each epoch is one step."]
