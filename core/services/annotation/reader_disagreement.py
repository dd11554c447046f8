"""Find cases on which readers disagree: the newest answers of two readers differ."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from core.services.annotation import findings, numeric_answers
from db import Database, queries
from db.tables import Annotation, LabelClass, Reader
from db.vocabulary import ANSWERED


def disagreements(db: Database, case_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Return the current answers by case id and reader's name, of every case on which readers disagree.

    Undone answers do not count, nor do the copies of earlier answers that an undo appends.
    """
    answers_of_case: dict[int, dict[str, str]] = defaultdict(dict)
    with db.read() as session:
        for ids in queries.chunks(sorted(set(case_ids))):
            undone = select(Annotation.undoes_id).where(Annotation.case_id.in_(ids), Annotation.undoes_id.is_not(None))
            statement = (
                select(Annotation, Reader.name, LabelClass)
                .join(Reader, Reader.id == Annotation.reader_id)
                .outerjoin(LabelClass, LabelClass.id == Annotation.label_id)
                .where(Annotation.case_id.in_(ids), Annotation.undoes_id.is_(None), Annotation.id.not_in(undone))
                .order_by(Annotation.id)
            )
            rows = session.execute(statement).all()
            findings_by_annotation = findings.findings_of(session, [row.id for row, _, _ in rows])
            for row, reader, label in rows:  # the newest comes last
                answers_of_case[row.case_id].pop(reader, None)
                if row.answer in ANSWERED:
                    answers_of_case[row.case_id][reader] = _text(
                        row, label, findings.describe(findings_by_annotation.get(row.id, {}))
                    )
    return {case: answers for case, answers in answers_of_case.items() if len(set(answers.values())) > 1}


def _text(row: Annotation, label: LabelClass | None, findings_text: str) -> str:
    if row.value is not None:
        return numeric_answers.format_value(row.value)
    return (label.title or label.name) if label else findings_text or str(row.answer.value)
