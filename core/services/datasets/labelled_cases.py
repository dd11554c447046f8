"""Read the labelled cases of a task for a snapshot: one class each, findings, or a number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from core.curation.records import LabelledCase
from core.curation.targets import quantile_bin, rarest_finding
from core.services.annotation import case_views, findings
from db import queries
from db.tables import Case, Image, LabelClass, Patient, Task
from db.vocabulary import Answer, Presence, TaskKind, Unit

TARGET = {Presence.PRESENT: 1.0, Presence.ABSENT: 0.0, Presence.UNCERTAIN: None}


@dataclass(frozen=True, slots=True)
class LabelledCases:
    """The cases that can be frozen. `strata` are the names of the rows' labels; `unknown` counts cases left out."""

    classes: tuple[str, ...]
    titles: tuple[str, ...]
    rows: tuple[LabelledCase, ...]
    strata: tuple[str, ...]
    unknown: int = 0


def labelled_cases(session: Session, task: Task) -> LabelledCases:
    """Return the task's cases with their current labels, without excluded images."""
    if task.kind is TaskKind.MULTI:
        return _findings(session, task)
    return _numbers(session, task) if task.kind is TaskKind.NUMBER else _labels(session, task)


def images_by_case(session: Session, task: Task) -> dict[int, list[int]]:
    """Return the image ids of every series or study case in order, by case id; {} for a task about images."""
    if task.unit is Unit.IMAGE:
        return {}
    rows = session.execute(select(Case.id, Case.series_id, Case.study_id).where(Case.task_id == task.id)).all()
    unit_of_case = {case: (series if task.unit is Unit.SERIES else study) or 0 for case, series, study in rows}
    images_of_unit = (queries.images_by_series if task.unit is Unit.SERIES else queries.images_by_study)(
        session, unit_of_case.values()
    )
    return {case: list(images_of_unit[unit]) for case, unit in unit_of_case.items() if unit in images_of_unit}


def _labels(session: Session, task: Task) -> LabelledCases:
    rows = _rows(session, _answered(task, Answer.LABEL).order_by(Case.id))
    position = {label.id: label.position for label in task.classes}
    labelled = [replace(row, label=position[case.label_id or 0]) for case, row in rows]
    classes = _classes_to_freeze(task, {row.label for row in labelled})
    output = {label.position: at for at, label in enumerate(classes)}
    names = tuple(label.name for label in classes)
    return LabelledCases(
        names, _titles(classes), tuple(replace(row, label=output[row.label]) for row in labelled), names
    )


def _findings(session: Session, task: Task) -> LabelledCases:
    rows = _rows(session, _answered(task, Answer.FINDINGS).order_by(Case.id))
    newest = {
        annotation.case_id: annotation.id
        for ids in queries.chunks([case.id for case, _ in rows])
        for annotation in case_views.newest(session, ids)
    }
    by_annotation = findings.findings_of(session, newest.values())
    presences = {case.id: by_annotation.get(newest[case.id], {}) for case, _ in rows}
    used = {
        label.position
        for of_case in presences.values()
        for label, presence in of_case.items()
        if TARGET[presence] is not None
    }
    classes = _classes_to_freeze(task, used)
    known = [replace(row, targets=_targets(presences[case.id], classes)) for case, row in rows]
    sure = [row for row in known if any(target is not None for target in row.targets)]
    strata = rarest_finding([row.targets for row in sure])
    placed = tuple(replace(row, label=stratum) for row, stratum in zip(sure, strata, strict=True))
    names = tuple(label.name for label in classes)
    return LabelledCases(names, _titles(classes), placed, ("nothing present", *names), unknown=len(known) - len(sure))


def _targets(presences: Mapping[LabelClass, Presence], classes: Sequence[LabelClass]) -> tuple[float | None, ...]:
    by_id = {label.id: presence for label, presence in presences.items()}
    return tuple(TARGET[by_id[label.id]] if label.id in by_id else None for label in classes)


def _numbers(session: Session, task: Task) -> LabelledCases:
    rows = [(case.value or 0.0, row) for case, row in _rows(session, _answered(task, Answer.VALUE).order_by(Case.id))]
    bins = quantile_bin([value for value, _ in rows])
    known = tuple(
        replace(row, label=stratum, targets=(value,)) for (value, row), stratum in zip(rows, bins, strict=True)
    )
    return LabelledCases((), (), known, tuple(f"bin {number}" for number in range(1, max(bins, default=0) + 2)))


def _classes_to_freeze(task: Task, used: set[int]) -> list[LabelClass]:
    """Return the classes a model could learn: a retired one only if current labels use it."""
    return [label for label in task.classes if label.retired_at is None or label.position in used]


def _titles(classes: Sequence[LabelClass]) -> tuple[str, ...]:
    return tuple(label.title or label.name for label in classes)


def _answered(task: Task, answer: Answer) -> Select[Case, str, str, str]:
    return (
        select(Case, Patient.pseudonym, queries.person_name(), Image.pixel_sha256)
        .join(Image, Image.id == Case.image_id)
        .join(Patient, Patient.id == Image.patient_id)
        .where(Case.task_id == task.id, Case.answer == answer, Image.excluded_because.is_(None))
    )


def _rows(session: Session, statement: Select[Case, str, str, str]) -> list[tuple[Case, LabelledCase]]:
    rows = session.execute(statement).all()
    facts = queries.facts_of(session, [case.image_id for case, *_ in rows])
    return [
        (case, LabelledCase(case.id, patient, 0, facts.get(case.image_id, {}), pixels, person=person))
        for case, patient, person, pixels in rows
    ]
