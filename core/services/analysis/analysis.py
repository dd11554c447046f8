"""One look into a run's model: what it works with, and the row that keeps what it found. Append-only, newest stands."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InvalidInput
from core.services.training.runs import RunView
from core.settings import Settings
from db import Database, queries
from db.tables import Analysis, Checkpoint
from db.vocabulary import CheckpointKind

if TYPE_CHECKING:
    from core.inference import LoadedModel

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AnalysisContext:
    """What an examination works with: a run, its best weights (`model()` loads them, `checkpoint` is their sha256).

    `asked` are its own settings, `device` is where it may compute. `tell(done, of, doing)` keeps how far it is, as
    often as it likes; it raises where the end is wished.
    """

    db: Database
    settings: Settings
    run: RunView
    checkpoint: str
    asked: Mapping[str, Any]
    device: str
    model: "Callable[[], LoadedModel]"
    tell: Callable[[int, int, str], None]

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        """A whole number of what was asked.

        Raises:
            InvalidInput: it is none, or outside what is accepted.
        """
        given = self.asked.get(name, default)
        try:
            value = int(given)
        except (TypeError, ValueError):
            value = low - 1
        if not low <= value <= high:
            raise InvalidInput(f"'{name}' is '{given}'; give a whole number from {low} to {high}.")
        return value

    def choice(self, name: str, choices: Sequence[str]) -> str:
        """A word of what was asked, by default the first.

        Raises:
            InvalidInput: it is none of them.
        """
        given = str(self.asked.get(name, choices[0]))
        if given not in choices:
            raise InvalidInput(f"'{name}' is '{given}'; choose one of {', '.join(choices)}.")
        return given


@dataclass(frozen=True, slots=True)
class AnalysisView:
    """What an examination found. `stale`: the run has other weights now, so it has to be made again."""

    id: int
    run_id: int
    what: str
    asked: Json
    result: Json
    stale: bool
    created_at: float


def save_result(session: Session, work: AnalysisContext, what: str, result: Json, *, by: str) -> int:
    """Write what was found, inside the caller's transaction; gives its id."""
    row = Analysis(
        run_id=work.run.id,
        kind=what,
        checkpoint_sha256=work.checkpoint,
        settings=dict(work.asked),
        result=result,
        reader_id=queries.reader_id(session, by) if by else None,
    )
    session.add(row)
    session.flush()
    return row.id


def newest(db: Database, run_id: int, what: str) -> AnalysisView | None:
    """The newest examination of that name; None where there is none yet."""
    return next(iter(list_analyses(db, run_id, what, most=1)), None)


def list_analyses(db: Database, run_id: int, what: str, *, most: int | None = None) -> list[AnalysisView]:
    """The examinations of that name, the newest first; `most` of them where it is given."""
    with db.read() as session:
        wanted = (
            select(Analysis)
            .where(Analysis.run_id == run_id, Analysis.kind == what)
            .order_by(Analysis.id.desc())
            .limit(most)
        )
        rows = session.scalars(wanted).all()
        best = session.get(Checkpoint, (run_id, CheckpointKind.BEST)) if rows else None
        return [
            AnalysisView(
                row.id,
                run_id,
                what,
                row.settings or {},
                row.result or {},
                best is None or best.sha256 != row.checkpoint_sha256,
                row.created_at,
            )
            for row in rows
        ]
