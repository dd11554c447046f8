"""The numbers of a run on one split, from its predictions."""

from typing import Any

from core.errors import InvalidInput
from core.evaluation.regression import NumberReport, number_report
from core.evaluation.report import Report, report
from core.services import predicting, runs
from db import Database
from db.vocabulary import TaskKind


def evaluate(
    db: Database, run_id: int, *, split: str = "test", finding: int | None = None, resamples: int = 1000, seed: int = 0
) -> Report:
    """Figures with 95 % intervals, resampled by patient; of a run about findings, of one of them.

    Raises:
        NotFound: no such run.
        InvalidInput: the split was not predicted yet, or the run is about findings and none is named, or a number.
    """
    import numpy as np

    run = runs.get(db, run_id)
    if run.kind is TaskKind.NUMBER or (run.kind is TaskKind.MULTI) != (finding is not None):
        raise InvalidInput(f"Run {run_id} answers with {run.kind.value}; ask for that: a finding by its place, a "
                           "number by its errors, else the classes.")  # fmt: skip
    found = _found(db, run_id, split, finding)
    classes = run.classes if finding is None else run.about(finding).classes
    return report(
        np.array([row.probabilities for row in found]), np.array([row.label for row in found]),
        [row.patient for row in found], list(classes), resamples=resamples, seed=seed,
    )  # fmt: skip


def of_numbers(db: Database, run_id: int, *, split: str = "test", resamples: int = 1000, seed: int = 0) -> NumberReport:
    """How near a run's numbers come, with 95 % intervals, resampled by patient.

    Raises:
        NotFound: no such run.
        InvalidInput: the split was not predicted yet.
    """
    found = _found(db, run_id, split, None)
    told = [row.probabilities[0] for row in found]
    return number_report(
        told, [row.truth for row in found], [row.patient for row in found], resamples=resamples, seed=seed
    )


def as_json(db: Database, run_id: int, *, split: str = "test") -> dict[str, Any]:
    """What fits the run: a report, one for each finding, or the errors of its numbers; raises what these do."""
    run = runs.get(db, run_id)
    if run.kind is TaskKind.NUMBER:
        return of_numbers(db, run_id, split=split).to_json()
    if run.kind is not TaskKind.MULTI:
        return evaluate(db, run_id, split=split).to_json()
    each = {name: evaluate(db, run_id, split=split, finding=at).to_json() for at, name in enumerate(run.classes)}
    return {"findings": each}


def _found(db: Database, run_id: int, split: str, finding: int | None) -> list[predicting.PredictionView]:
    found = predicting.every(db, run_id, split=split, finding=finding)
    if not found:
        raise InvalidInput(
            f"Run {run_id} has no predictions on the {split} split; make them with "
            f"`rounds predict --run {run_id} --split {split}` or on the run's page."
        )
    return found
