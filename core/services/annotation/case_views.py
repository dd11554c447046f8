"""Show a case to readers: its images, its patient, and its current answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.services.annotation import cases, findings
from db import queries
from db.tables import Annotation, Case, Comment, Image, LabelClass, Series
from db.vocabulary import Answer


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case in a queue: its image (a study's first one), or its stack in order; `label` is the class's position.

    `findings` are presences by class position, `value` is a number in the task's unit, `reason` is why it cannot be
    assessed, `comments` is the number of comments.
    """

    id: int
    task_id: int
    image_ids: tuple[int, ...]
    patient: str
    facts: dict[str, str]
    answer: str | None
    label: int | None
    findings: dict[int, str] = field(default_factory=dict)
    reason: str = ""
    comments: int = 0
    value: float | None = None


def views(session: Session, rows: Iterable[Case]) -> list[CaseView]:
    """Return the views of rows, in their order."""
    rows = list(rows)
    images = [row.image_id for row in rows]
    facts = queries.facts_of(session, images)
    shown = cases.images_of(session, rows)
    owner = dict(session.execute(select(Image.id, Image.patient_id).where(Image.id.in_(images))).all())
    names = queries.pseudonyms(session, owner.values())
    positions = dict(
        session.execute(
            select(LabelClass.id, LabelClass.position).where(LabelClass.task_id.in_({row.task_id for row in rows}))
        ).all()
    )
    titles = _stack_titles(session, rows)
    presences, reasons, comments = _findings(session, rows), _reasons(session, rows), _comments(session, rows)
    return [
        CaseView(
            id=row.id,
            task_id=row.task_id,
            image_ids=shown[row.id],
            patient=names[owner[row.image_id]],
            facts={**facts.get(row.image_id, {}), **titles.get(row.series_id or 0, {})},
            value=row.value,
            answer=row.answer.value if row.answer else None,
            label=positions[row.label_id] if row.label_id else None,
            findings=presences.get(row.id, {}),
            reason=reasons.get(row.id, ""),
            comments=comments.get(row.id, 0),
        )
        for row in rows
    ]


def newest(session: Session, case_ids: Sequence[int]) -> list[Annotation]:
    """Return the newest annotation of each case, which is its current answer, as an undo appends the earlier answer."""
    latest = select(func.max(Annotation.id)).where(Annotation.case_id.in_(case_ids)).group_by(Annotation.case_id)
    return list(session.scalars(select(Annotation).where(Annotation.id.in_(latest)))) if case_ids else []


def _stack_titles(session: Session, rows: Iterable[Case]) -> dict[int, dict[str, str]]:
    """Return what sets each case's stack apart in its series, as a fact by series ID."""
    ids = sorted({row.series_id for row in rows if row.series_id})
    statement = select(Series.id, Series.title).where(Series.id.in_(ids), Series.title != "")
    return {series_id: {"stack": title} for series_id, title in session.execute(statement)} if ids else {}


def _findings(session: Session, rows: Sequence[Case]) -> dict[int, dict[int, str]]:
    current = newest(session, [row.id for row in rows if row.answer is Answer.FINDINGS])
    presences = findings.findings_of(session, [one.id for one in current])
    return {
        annotation.case_id: {
            label.position: presence.value for label, presence in presences.get(annotation.id, {}).items()
        }
        for annotation in current
    }


def _reasons(session: Session, rows: Sequence[Case]) -> dict[int, str]:
    current = newest(session, [row.id for row in rows if row.answer is Answer.UNASSESSABLE])
    return {one.case_id: one.reason for one in current}


def _comments(session: Session, rows: Sequence[Case]) -> dict[int, int]:
    withdrawn = select(Comment.withdraws_id).where(Comment.withdraws_id.isnot(None))
    counted = (
        select(Comment.case_id, func.count(Comment.id))
        .where(Comment.case_id.in_([row.id for row in rows]), Comment.withdraws_id.is_(None))
        .where(Comment.id.notin_(withdrawn))
        .group_by(Comment.case_id)
    )
    return dict(session.execute(counted).all())
