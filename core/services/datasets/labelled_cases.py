"""What is known of a task's cases at the moment a snapshot is made: one label each, findings, or a number."""

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
    """Cases that can be frozen. `strata` names what the rows' labels mean; of `unknown` cases no finding is known."""

    classes: tuple[str, ...]
    titles: tuple[str, ...]
    rows: tuple[LabelledCase, ...]
    strata: tuple[str, ...]
    unknown: int = 0


def labelled_cases(session: Session, task: Task) -> LabelledCases:
    """What stands of the task's cases; excluded images stay out."""
    if task.kind is TaskKind.MULTI:
        return _findings(session, task)
    return _numbers(session, task) if task.kind is TaskKind.NUMBER else _labels(session, task)


def images_by_case(session: Session, task: Task) -> dict[int, list[int]]:
    """The pictures of every case that has more than the one it names, in their order, by case."""
    if task.unit is Unit.IMAGE:
        return {}
    rows = session.execute(select(Case.id, Case.series_id, Case.study_id).where(Case.task_id == task.id)).all()
    of = {case: (series if task.unit is Unit.SERIES else study) or 0 for case, series, study in rows}
    found = (queries.images_by_series if task.unit is Unit.SERIES else queries.images_by_study)(session, of.values())
    return {case: list(found[unit]) for case, unit in of.items() if unit in found}


def _labels(session: Session, task: Task) -> LabelledCases:
    rows = _rows(session, _wanted(task, Answer.LABEL).order_by(Case.id))
    position = {label.id: label.position for label in task.classes}
    labelled = [replace(row, label=position[case.label_id or 0]) for case, row in rows]
    kept = _kept(task, {row.label for row in labelled})
    output = {label.position: at for at, label in enumerate(kept)}
    names = tuple(label.name for label in kept)
    return LabelledCases(names, _titles(kept), tuple(replace(row, label=output[row.label]) for row in labelled), names)


def _findings(session: Session, task: Task) -> LabelledCases:
    rows = _rows(session, _wanted(task, Answer.FINDINGS).order_by(Case.id))
    standing = {
        one.case_id: one.id
        for ids in queries.chunks([case.id for case, _ in rows])
        for one in case_views.newest(session, ids)
    }
    said = findings.findings_of(session, standing.values())
    told = {case.id: said.get(standing[case.id], {}) for case, _ in rows}
    used = {label.position for one in told.values() for label, presence in one.items() if TARGET[presence] is not None}
    kept = _kept(task, used)
    known = [replace(row, targets=_targets(told[case.id], kept)) for case, row in rows]
    sure = [row for row in known if any(one is not None for one in row.targets)]
    strata = rarest_finding([row.targets for row in sure])
    placed = tuple(replace(row, label=stratum) for row, stratum in zip(sure, strata, strict=True))
    names = tuple(label.name for label in kept)
    return LabelledCases(names, _titles(kept), placed, ("nothing present", *names), unknown=len(known) - len(sure))


def _targets(told: Mapping[LabelClass, Presence], kept: Sequence[LabelClass]) -> tuple[float | None, ...]:
    by_id = {label.id: presence for label, presence in told.items()}
    return tuple(TARGET[by_id[label.id]] if label.id in by_id else None for label in kept)


def _numbers(session: Session, task: Task) -> LabelledCases:
    rows = [(case.value or 0.0, row) for case, row in _rows(session, _wanted(task, Answer.VALUE).order_by(Case.id))]
    bins = quantile_bin([value for value, _ in rows])
    known = tuple(
        replace(row, label=stratum, targets=(value,)) for (value, row), stratum in zip(rows, bins, strict=True)
    )
    return LabelledCases((), (), known, tuple(f"bin {number}" for number in range(1, max(bins, default=0) + 2)))


def _kept(task: Task, used: set[int]) -> list[LabelClass]:
    """The classes a model could learn: a retired one only where labels stand with it, else it would have no image."""
    return [label for label in task.classes if label.retired_at is None or label.position in used]


def _titles(kept: Sequence[LabelClass]) -> tuple[str, ...]:
    return tuple(label.title or label.name for label in kept)


def _wanted(task: Task, answer: Answer) -> Select[Case, str, str]:
    return (
        select(Case, Patient.pseudonym, Image.pixel_sha256)
        .join(Image, Image.id == Case.image_id)
        .join(Patient, Patient.id == Image.patient_id)
        .where(Case.task_id == task.id, Case.answer == answer, Image.excluded_because.is_(None))
    )


def _rows(session: Session, wanted: Select[Case, str, str]) -> list[tuple[Case, LabelledCase]]:
    found = session.execute(wanted).all()
    facts = queries.facts_of(session, [case.image_id for case, _, _ in found])
    return [
        (case, LabelledCase(case.id, patient, 0, facts.get(case.image_id, {}), pixels))
        for case, patient, pixels in found
    ]
