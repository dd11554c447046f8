"""What is said of the findings of a multi-label task: each present, absent or uncertain, beside its annotation."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InvalidInput
from db import queries
from db.tables import Finding, LabelClass, Task
from db.vocabulary import Presence

FindingMap = Mapping[int, str]  # class position → presence


def checked(task: Task, said: FindingMap) -> dict[int, Presence]:
    """The presences by class id, for a task of several findings.

    Raises:
        InvalidInput: nothing is said, a position or a presence that is not there, or a retired class.
    """
    if not said:
        raise InvalidInput("An answer names at least one finding; say of one that it is present, absent or uncertain.")
    classes = {label.position: label for label in task.classes}
    return {usable(task, classes.get(at), at).id: _presence(word) for at, word in said.items()}


def usable(task: Task, label: LabelClass | None, position: int) -> LabelClass:
    """The class, where it takes answers.

    Raises:
        InvalidInput: it is not one of the task's, or it was retired.
    """
    if label is None:
        raise InvalidInput(
            f"Class {position + 1} is not one of this task's {len(task.classes)} classes; reload the page."
        )
    if label.retired_at is not None:
        raise InvalidInput(
            f"The class '{label.title or label.name}' was retired and takes no new answer; reload the page and choose "
            "another."
        )
    return label


def add_findings(session: Session, annotation_id: int, found: Mapping[int, Presence]) -> None:
    """Write what one annotation says."""
    session.add_all(
        Finding(annotation_id=annotation_id, label_id=label_id, presence=presence)
        for label_id, presence in found.items()
    )


def findings_of(session: Session, annotation_ids: Iterable[int]) -> dict[int, dict[LabelClass, Presence]]:
    """What annotations say, by their id; the classes in order."""
    found: dict[int, dict[LabelClass, Presence]] = defaultdict(dict)
    for ids in queries.chunks(sorted(set(annotation_ids))):
        rows = (
            select(Finding, LabelClass)
            .join(LabelClass, LabelClass.id == Finding.label_id)
            .where(Finding.annotation_id.in_(ids))
            .order_by(Finding.annotation_id, LabelClass.position)
        )
        for finding, label in session.execute(rows):
            found[finding.annotation_id][label] = finding.presence
    return found


def describe(found: Mapping[LabelClass, Presence]) -> str:
    """`effusion present, nodule uncertain`."""
    return ", ".join(f"{label.title or label.name} {presence.value}" for label, presence in found.items())


def _presence(word: str) -> Presence:
    try:
        return Presence(word)
    except ValueError as error:
        raise InvalidInput(f"'{str(word)[:40]}' says nothing of a finding; it is {', '.join(Presence)}.") from error
