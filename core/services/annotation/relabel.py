"""Send cases back to be labelled anew: their answer is withdrawn, so the queue of what has none holds them again."""

from collections.abc import Sequence

from core.errors import InvalidInput
from core.services.annotation import annotations, comments, text_validation
from db import Database, queries
from db.tables import Annotation
from db.vocabulary import Answer, LabelSource


def send_back(db: Database, case_ids: Sequence[int], *, why: str, by: str, key: str) -> int:
    """Withdraw what stands of the cases and give how many had an answer; `key` makes sending twice one withdrawal.

    What was said stays in each case's history, with `why` it was withdrawn, and an undo brings it back; what is frozen
    stays as it is.

    Raises:
        NotFound: one of the cases is not in the catalogue.
        InvalidInput: no reason, or one that is too long or holds control characters.
    """
    why = text_validation.checked(why, what="The reason", most=comments.LONGEST)
    if not why:
        raise InvalidInput("A case that is sent to be labelled anew carries its reason; write why.")
    sent = 0
    with db.transaction() as session:
        reader = queries.reader_id(session, by)
        for case_id in dict.fromkeys(case_ids):
            row, own = annotations.row_of(session, case_id), f"{key}:{case_id}"
            known = session.query(Annotation.id).filter(Annotation.client_key == own).first()
            if known is None and row.answer is not None and row.answer is not Answer.WITHDRAWN:
                annotations.append(
                    session,
                    row,
                    annotations.NewAnswer(Answer.WITHDRAWN, reason=why),
                    reader_id=reader,
                    source=LabelSource.REVIEW,
                    key=own,
                )
                sent += 1
    return sent
