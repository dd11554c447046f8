"""Register every analysis of a run's model that runs as a job; queue one and find its newest job."""

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
    """An analysis: its name, title and summary, and `run(work)`, which returns its result as plain values."""

    name: str
    title: str
    summary: str
    run: Callable[[AnalysisContext], Json]


_KINDS = (
    AnalysisKind(
        "check",
        "Saliency check",
        "Whether the maps depend on the trained weights, and point at the right regions.",
        saliency_check.analyze,
    ),
    AnalysisKind(
        "features", "Features", "The model's features of every case, for its nearest neighbours.", features.analyze
    ),
    AnalysisKind(
        "probe",
        "Shortcut probe",
        "Which metadata the model's features encode, and whether these are associated with the label.",
        shortcut_probe.analyze,
    ),
    AnalysisKind(
        "suspects",
        "Suspected labels",
        "Training labels that contradict models not trained on the patient.",
        label_errors.analyze,
    ),
    AnalysisKind(
        "maps", "Maps", "Saliency maps of every case of a split, so that each opens at once.", saliency_batch.analyze
    ),
)

ANALYSES: dict[str, AnalysisKind] = {one.name: one for one in _KINDS}


def submit(
    db: Database,
    launcher: Launcher,
    *,
    run_id: int,
    what: str,
    by: str,
    key: str,
    parameters: Mapping[str, Any] = NOTHING,
) -> Submitted:
    """Queue an analysis of a run's best weights, for after its training; the same key gives the same job.

    Raises:
        NotFound: no such run.
        InvalidInput: no such analysis, the run has no weights and is not training, or it has external predictions.
    """
    if what not in ANALYSES:
        raise InvalidInput(f"There is no analysis '{what}'; choose one of {', '.join(ANALYSES)}.")
    run = runs.get(db, run_id)
    with db.transaction() as session:
        if session.scalar(select(Run.external_source).where(Run.id == run_id)):
            raise InvalidInput(
                f"Run {run_id} has external predictions and no model in this home; choose a run that was trained here."
            )
        if run.best_epoch is None and (run.job is None or run.job.state.is_finished):
            raise InvalidInput(f"Run {run_id} has no checkpoint; wait for its first epoch, or read its log.")
        request = {"run": run_id, "what": what, "asked": dict(parameters), "by": by}
        job = job_queue.add(session, JobKind.ANALYZE, request, key=f"examine:{key}", run_id=run_id)
        submitted = Submitted(run_id, job.id)
    launcher.wake()
    return submitted


def latest_job(db: Database, run_id: int, what: str) -> job_queue.JobView | None:
    """Return the newest job of an analysis of a run, in any state; None if none was queued yet."""
    jobs = (
        job for job in job_queue.jobs_of_run(db, run_id) if job.kind is JobKind.ANALYZE and job.request["what"] == what
    )
    return next(jobs, None)
