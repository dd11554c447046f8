"""Give an analysis of a run's model its context, and store its result: append-only, the newest result counts."""

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
    """The context of an analysis: a run and its best weights (`model()` loads them, `checkpoint` is their sha256).

    `parameters` are its own settings, `device` is where it may compute. `report_progress(done, of, doing)` may be
    called at any rate; it raises when the job is cancelled.
    """

    db: Database
    settings: Settings
    run: RunView
    checkpoint: str
    parameters: Mapping[str, Any]
    device: str
    model: "Callable[[], LoadedModel]"
    report_progress: Callable[[int, int, str], None]

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        """Return an integer setting.

        Raises:
            InvalidInput: not an integer, or out of range.
        """
        text = self.parameters.get(name, default)
        try:
            value = int(text)
        except (TypeError, ValueError):
            value = low - 1
        if not low <= value <= high:
            raise InvalidInput(f"The setting '{name}' is '{text}'; give a whole number from {low} to {high}.")
        return value

    def choice(self, name: str, choices: Sequence[str]) -> str:
        """Return a setting that is one of `choices`, by default the first.

        Raises:
            InvalidInput: not one of the choices.
        """
        text = str(self.parameters.get(name, choices[0]))
        if text not in choices:
            raise InvalidInput(f"The setting '{name}' is '{text}'; choose one of {', '.join(choices)}.")
        return text


@dataclass(frozen=True, slots=True)
class AnalysisView:
    """A stored analysis. `stale`: the run has other weights now, so the analysis must be repeated."""

    id: int
    run_id: int
    what: str
    parameters: Json
    result: Json
    stale: bool
    created_at: float


def save_result(session: Session, work: AnalysisContext, what: str, result: Json, *, by: str) -> int:
    """Store a result inside the caller's transaction; return its id."""
    row = Analysis(
        run_id=work.run.id,
        kind=what,
        checkpoint_sha256=work.checkpoint,
        settings=dict(work.parameters),
        result=result,
        reader_id=queries.reader_id(session, by) if by else None,
    )
    session.add(row)
    session.flush()
    return row.id


def newest(db: Database, run_id: int, what: str) -> AnalysisView | None:
    """Return the newest analysis of a kind; None if there is none yet."""
    return next(iter(list_analyses(db, run_id, what, most=1)), None)


def list_analyses(db: Database, run_id: int, what: str, *, most: int | None = None) -> list[AnalysisView]:
    """Return the analyses of a kind, newest first; at most `most` if given."""
    with db.read() as session:
        statement = (
            select(Analysis)
            .where(Analysis.run_id == run_id, Analysis.kind == what)
            .order_by(Analysis.id.desc())
            .limit(most)
        )
        rows = session.scalars(statement).all()
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
