"""Send cases back for relabelling: their answers are withdrawn, so they return to the queue of unlabelled cases."""

from collections.abc import Sequence

from core.errors import InvalidInput
from core.services.annotation import annotations, comments, text_validation
from db import Database, queries
from db.tables import Annotation
from db.vocabulary import Answer, LabelSource


def send_back(db: Database, case_ids: Sequence[int], *, why: str, by: str, key: str) -> int:
    """Withdraw the current answers of cases; return how many had one. Sending the same `key` twice withdraws once.

    The answers stay in each case's history with the reason, and an undo restores them; snapshots do not change.

    Raises:
        NotFound: one of the cases is not in the catalogue.
        InvalidInput: no reason, or one that is too long or has control characters.
    """
    why = text_validation.checked(why, what="The reason", most=comments.LONGEST)
    if not why:
        raise InvalidInput("Relabelling needs a reason; write why.")
    sent = 0
    with db.transaction() as session:
        reader = queries.reader_id(session, by)
        for case_id in dict.fromkeys(case_ids):
            row, case_key = annotations.row_of(session, case_id), f"{key}:{case_id}"
            known = session.query(Annotation.id).filter(Annotation.client_key == case_key).first()
            if known is None and row.answer is not None and row.answer is not Answer.WITHDRAWN:
                annotations.append(
                    session,
                    row,
                    annotations.NewAnswer(Answer.WITHDRAWN, reason=why),
                    reader_id=reader,
                    source=LabelSource.REVIEW,
                    key=case_key,
                )
                sent += 1
    return sent
