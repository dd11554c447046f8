"""EXAMINATIONS: every look into a run's model that is a job, said once; to queue one, to do it, to read the newest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import select

from core.errors import InvalidInput
from core.jobs import job_queue
from core.jobs.launcher import Launcher
from core.services.analysis import features, label_errors, saliency_batch, saliency_check, shortcut_probe
from core.services.analysis.analysis import AnalysisContext, AnalysisView, Json, newest, save_result
from core.services.analysis.features import neighbours
from core.services.training import runs
from core.services.training.submit import Submitted
from db import Database
from db.tables import Run
from db.vocabulary import JobKind

__all__ = [
    "ANALYSES",
    "AnalysisContext",
    "AnalysisKind",
    "AnalysisView",
    "latest_job",
    "neighbours",
    "newest",
    "save_result",
    "submit",
]
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class AnalysisKind:
    """What it is called, what it answers, and `do(work)`: what it finds, as plain values."""

    name: str
    title: str
    summary: str
    run: Callable[[AnalysisContext], Json]


_EXAMINATIONS = (
    AnalysisKind(
        "check",
        "Saliency check",
        "Whether the maps depend on what the model learned, and point where they should.",
        saliency_check.analyze,
    ),
    AnalysisKind(
        "features", "Features", "What the model makes of every case, for its nearest neighbours.", features.analyze
    ),
    AnalysisKind(
        "probe",
        "Shortcut probe",
        "Which facts of the cases its features hold, and whether these go with the label.",
        shortcut_probe.analyze,
    ),
    AnalysisKind(
        "suspects",
        "Suspected labels",
        "Training labels that are doubted by models which have not seen the patient.",
        label_errors.analyze,
    ),
    AnalysisKind(
        "maps", "Maps", "Where the model looked, for every case of a split: each opens at once.", saliency_batch.analyze
    ),
)

ANALYSES: dict[str, AnalysisKind] = {one.name: one for one in _EXAMINATIONS}


def submit(
    db: Database,
    launcher: Launcher,
    *,
    run_id: int,
    what: str,
    by: str,
    key: str,
    asked: Mapping[str, Any] = NOTHING,
) -> Submitted:
    """Queue an examination of a run's best weights, once its training has ended; the same key is the same job.

    Raises:
        NotFound: no such run.
        InvalidInput: no such examination, the run has no weights and nothing trains it, or it was made elsewhere.
    """
    if what not in ANALYSES:
        raise InvalidInput(f"There is no examination '{what}'; choose one of {', '.join(ANALYSES)}.")
    run = runs.get(db, run_id)
    with db.transaction() as session:
        if session.scalar(select(Run.external_source).where(Run.id == run_id)):
            raise InvalidInput(
                f"Run {run_id} has no model here: its predictions were made elsewhere; examine a run "
                "that was trained in this home."
            )
        if run.best_epoch is None and (run.job is None or run.job.state.is_finished):
            raise InvalidInput(f"Run {run_id} has no checkpoint yet; wait for its first epoch, or look at its log.")
        request = {"run": run_id, "what": what, "asked": dict(asked), "by": by}
        job = job_queue.add(session, JobKind.ANALYZE, request, key=f"examine:{key}", run_id=run_id)
        submitted = Submitted(run_id, job.id)
    launcher.wake()
    return submitted


def latest_job(db: Database, run_id: int, what: str) -> job_queue.JobView | None:
    """The newest job of that examination of a run, whatever its state; None where nobody asked for it yet."""
    mine = (
        job for job in job_queue.jobs_of_run(db, run_id) if job.kind is JobKind.ANALYZE and job.request["what"] == what
    )
    return next(mine, None)
