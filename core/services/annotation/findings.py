"""Store the findings of a multi-label annotation: each present, absent or uncertain."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InvalidInput
from db import queries
from db.tables import Finding, LabelClass, Task
from db.vocabulary import Presence

FindingMap = Mapping[int, str]  # class position → presence


def checked(task: Task, presences: FindingMap) -> dict[int, Presence]:
    """Return checked presences by class id, for a task of several findings.

    Raises:
        InvalidInput: no finding, an unknown position or presence, or a retired class.
    """
    if not presences:
        raise InvalidInput("The answer has no finding; mark at least one as present, absent or uncertain.")
    classes = {label.position: label for label in task.classes}
    return {usable(task, classes.get(at), at).id: _presence(word) for at, word in presences.items()}


def usable(task: Task, label: LabelClass | None, position: int) -> LabelClass:
    """Return the class if it can be used in new answers.

    Raises:
        InvalidInput: not a class of the task, or retired.
    """
    if label is None:
        raise InvalidInput(
            f"Class {position + 1} is not one of this task's {len(task.classes)} classes; reload the page."
        )
    if label.retired_at is not None:
        raise InvalidInput(
            f"The class '{label.title or label.name}' is retired and cannot be used for new answers; reload the page "
            "and choose another."
        )
    return label


def add_findings(session: Session, annotation_id: int, presences: Mapping[int, Presence]) -> None:
    """Store the findings of an annotation."""
    session.add_all(
        Finding(annotation_id=annotation_id, label_id=label_id, presence=presence)
        for label_id, presence in presences.items()
    )


def findings_of(session: Session, annotation_ids: Iterable[int]) -> dict[int, dict[LabelClass, Presence]]:
    """Return the findings of annotations by annotation id, classes in order."""
    by_annotation: dict[int, dict[LabelClass, Presence]] = defaultdict(dict)
    for ids in queries.chunks(sorted(set(annotation_ids))):
        rows = (
            select(Finding, LabelClass)
            .join(LabelClass, LabelClass.id == Finding.label_id)
            .where(Finding.annotation_id.in_(ids))
            .order_by(Finding.annotation_id, LabelClass.position)
        )
        for finding, label in session.execute(rows):
            by_annotation[finding.annotation_id][label] = finding.presence
    return by_annotation


def describe(presences: Mapping[LabelClass, Presence]) -> str:
    """Describe findings, such as `effusion present, nodule uncertain`."""
    return ", ".join(f"{label.title or label.name} {presence.value}" for label, presence in presences.items())


def _presence(word: str) -> Presence:
    try:
        return Presence(word)
    except ValueError as error:
        raise InvalidInput(f"'{str(word)[:40]}' is not a presence; choose one of {', '.join(Presence)}.") from error
