"""The numbers of a run on one split, from its predictions."""

from core.errors import InvalidInput
from core.evaluation.report import Report, report
from core.services import predicting, runs
from db import Database


def evaluate(db: Database, run_id: int, *, split: str = "test", resamples: int = 1000, seed: int = 0) -> Report:
    """Figures with 95 % intervals, resampled by patient.

    Raises:
        NotFound: no such run.
        InvalidInput: the split was not predicted yet.
    """
    import numpy as np

    run = runs.get(db, run_id)
    found = predicting.every(db, run_id, split=split)
    if not found:
        raise InvalidInput(
            f"Run {run_id} has no predictions on the {split} split; make them with "
            f"`rounds predict --run {run_id} --split {split}` or on the run's page."
        )
    return report(
        np.array([row.probabilities for row in found]), np.array([row.label for row in found]),
        [row.patient for row in found], list(run.classes), resamples=resamples, seed=seed,
    )  # fmt: skip
