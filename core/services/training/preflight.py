"""Summarise a training before it starts, and warn about its dataset, from the frozen rows alone."""

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
from core.errors import NotTrainable
from core.models import MODELS
from core.services.annotation import tasks
from core.services.datasets import snapshots
from core.services.training.value_ranges import value_ranges
from core.training.spec import TrainSpec
from core.training.windowing import MANY_WINDOWS, ValueRange, check_windowing
from db import Database, queries
from db.tables import Patient, SnapshotCase
from db.vocabulary import TaskKind, Unit

FEW = 20  # patients, below which intervals are wide
TITLES = {"train": "training", "val": "validation", "test": "test"}
WANTS = {
    "stack": ((Unit.SERIES, Unit.STUDY), "the slices of a series"),
    "bag": ((Unit.STUDY, Unit.SERIES), "the images of a study"),
    "views": ((Unit.STUDY,), "two views of a study"),
}
"""The units of tasks that a model of several images needs, and what it reads."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """A snapshot before training: `shown` images per epoch; `classes` by title; effective number of patients.

    `effective` is as frozen, `effective_balanced` with equal class weights (None without classes to balance). `values`
    are the ranges of values of its grey images, by modality and unit.
    """

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
    values: tuple[ValueRange, ...]

    def steps(self, batch_size: int) -> int:
        """Return the number of optimizer steps per epoch."""
        return -(-self.shown // batch_size)


def preflight(db: Database, snapshot_id: int) -> Preflight:
    """Return the summary of a snapshot; snapshots never change, so neither does the summary.

    Raises:
        NotFound: no snapshot has that id.
    """
    view = snapshots.get_snapshot(db, snapshot_id)
    task, count = tasks.get(db, view.task_id), len(view.titles)
    rows = _rows(db, snapshot_id, view.kind)
    support = class_supports(rows, count)
    by_split = {split: [row for row in rows if row.split == split] for split in SPLITS}
    classed = view.kind in (TaskKind.SINGLE, TaskKind.ORDINAL)
    return Preflight(
        images={split: len(in_split) for split, in_split in by_split.items()},
        patients={split: len({row.patient for row in in_split}) for split, in_split in by_split.items()},
        shown=sum(row.repeats for row in by_split["train"]),
        classes=dict(zip(view.titles, support, strict=True)),
        effective=effective_patients(by_split["train"]),
        effective_balanced=effective_patients(class_balanced(rows, count)) if classed else None,
        kind=view.kind,
        unit=task.unit,
        task=task.name,
        balance=str(view.recipe.get("balance", "none")),
        values=value_ranges(db, snapshot_id),
    )


def warnings(summary: Preflight, spec: TrainSpec) -> list[str]:
    """Return warnings about a training, the most severe first: those about its window may prevent it, no other does."""
    return [
        *_mismatched(summary, spec),
        *_windowing(summary, spec),
        *_empty(summary),
        *_few(summary),
        *_small(summary, spec),
    ]


def _rows(db: Database, snapshot_id: int, kind: TaskKind) -> list[CountedCase]:
    frozen = SnapshotCase
    person = queries.frozen_person()
    columns = select(person, frozen.split, frozen.label, frozen.targets, frozen.weight, frozen.repeats)
    with db.read() as session:
        joined = columns.join(Patient, Patient.id == frozen.patient_id)
        frozen_rows = session.execute(joined.where(frozen.snapshot_id == snapshot_id)).all()
    return [
        CountedCase(patient, split.value, _shows(kind, label, targets), weight, repeats)
        for patient, split, label, targets, weight, repeats in frozen_rows
    ]


def _shows(kind: TaskKind, label: int, targets: list[float | None] | None) -> tuple[int, ...]:
    if kind is TaskKind.MULTI:
        return tuple(at for at, value in enumerate(targets or ()) if value == 1)
    return () if kind is TaskKind.NUMBER else (label,)


def _mismatched(summary: Preflight, spec: TrainSpec) -> list[str]:
    model = MODELS[spec.model]
    if model.takes not in WANTS or summary.unit in WANTS[model.takes][0]:
        return []
    return [
        f"{model.title} uses {WANTS[model.takes][1]}, but task '{summary.task}' is about single images: choose a "
        "model of single images, or freeze a task about studies or series."
    ]


def _windowing(summary: Preflight, spec: TrainSpec) -> list[str]:
    try:
        check_windowing(spec, summary.values)
    except NotTrainable as error:
        return [str(error)]
    kinds = sorted({f"{one.modality or 'unknown'} ({one.unit or 'no unit'})" for one in summary.values})
    if spec.windowing in MANY_WINDOWS or len(kinds) < 2:
        return []
    return [
        f"One window is used for images whose values do not compare: {', '.join(kinds)}. Choose the windowing per "
        "image, or freeze a dataset of one modality."
    ]


def _empty(summary: Preflight) -> list[str]:
    present = [title for title, one in summary.classes.items() if one.images["train"]]
    if len(present) == 1 and summary.kind is not TaskKind.MULTI:
        return [f"Every training image is labelled {present[0]}: the model cannot learn to distinguish classes."]
    return [
        f"No image of {title} in {TITLES[split]}: "
        + ("the model cannot learn it." if split == "train" else "its metrics will be undefined there.")
        for split in SPLITS
        for title, support in summary.classes.items()
        if summary.images[split] and not support.images[split]
    ] + [
        f"There is no {TITLES[split]} split: {what}."
        for split, what in (("val", "the last epoch is used"), ("test", "the model cannot be tested"))
        if not summary.images[split]
    ]


def _few(summary: Preflight) -> list[str]:
    """Warn about each split's rarest classes, in one sentence per split."""
    messages = []
    for split in SPLITS:
        few = {title: one.patients[split] for title, one in summary.classes.items() if 0 < one.patients[split] < FEW}
        if few:
            counts = ", ".join(f"{count} of {title}" for title, count in sorted(few.items(), key=lambda pair: pair[1]))
            what = "risk of overfitting" if split == "train" else "intervals will be wide"
            messages.append(f"Few patients in {TITLES[split]} ({counts}): {what}.")
    return messages


def _small(summary: Preflight, spec: TrainSpec) -> list[str]:
    if spec.batch_size <= summary.shown:
        return []
    return [f"The batch size {spec.batch_size} exceeds the {summary.shown} training images: each epoch is one step."]
