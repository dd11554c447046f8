"""Where readers disagree: cases of which the newest answers of two readers differ."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from core.services.annotation import findings, numeric_answers
from db import Database, queries
from db.tables import Annotation, LabelClass, Reader
from db.vocabulary import ANSWERED


def disagreements(db: Database, case_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """What each reader says now, by the reader's name, of every case whose readers do not say the same.

    What was taken back does not count, nor does a copy of another's answer that an undo wrote.
    """
    said: dict[int, dict[str, str]] = defaultdict(dict)
    with db.read() as session:
        for ids in queries.chunks(sorted(set(case_ids))):
            undone = select(Annotation.undoes_id).where(Annotation.case_id.in_(ids), Annotation.undoes_id.is_not(None))
            standing = (
                select(Annotation, Reader.name, LabelClass)
                .join(Reader, Reader.id == Annotation.reader_id)
                .outerjoin(LabelClass, LabelClass.id == Annotation.label_id)
                .where(Annotation.case_id.in_(ids), Annotation.undoes_id.is_(None), Annotation.id.not_in(undone))
                .order_by(Annotation.id)
            )
            rows = session.execute(standing).all()
            found = findings.findings_of(session, [row.id for row, _, _ in rows])
            for row, reader, label in rows:  # the newest comes last
                said[row.case_id].pop(reader, None)
                if row.answer in ANSWERED:
                    said[row.case_id][reader] = _words(row, label, findings.describe(found.get(row.id, {})))
    return {case: told for case, told in said.items() if len(set(told.values())) > 1}


def _words(row: Annotation, label: LabelClass | None, found: str) -> str:
    if row.value is not None:
        return numeric_answers.format_value(row.value)
    return (label.title or label.name) if label else found or str(row.answer.value)
