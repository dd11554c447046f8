"""Write a run's predictions as a CSV: enough to recompute every metric elsewhere, and to import them again."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from core.evaluation.binary_scores import BinaryScores
from core.imaging.tables.formulas import CsvWriter
from core.imaging.tables.run_columns import FACT, FIRST
from core.services.evaluation import operating_points
from core.services.evaluation.metadata_columns import facts
from core.services.predictions import calls, score_arrays
from core.services.predictions.operating_point_view import PointView
from core.services.training import runs
from db import Database, queries
from db.tables import Case, Image, Prediction
from db.vocabulary import TaskKind

Column = Sequence[object]


def write(db: Database, run_id: int, split: str, path: Path) -> int:
    """Write the file, one line per case in the order of case ids; return the number of lines.

    An image is named by the sha256 of its file, a patient by the pseudonym. `score X` is the run's score of class or
    finding X, `calibrated X` the same after the operating point's calibrator. `called` is the prediction at the
    operating point: the most probable class if many classes have no chosen point, the patient's prediction if the
    point counts patients. Findings have one `truth X` (empty if unknown) and `called X` each; numbers have `truth`
    and `value`. Metadata columns follow.

    Raises:
        NotFound: no such run.
        InvalidInput: the split was not predicted yet.
    """
    lines = _lines(db, run_id, split)
    with path.open("w", newline="", encoding="utf-8") as file:
        return _write_lines(CsvWriter(file), lines)


def _write_lines(writer: CsvWriter, lines: Iterable[Column]) -> int:
    return sum(1 for line in lines if writer.writerow(line)) - 1  # the header is not a case


def _lines(db: Database, run_id: int, split: str) -> Iterable[Column]:
    run, arrays = runs.get(db, run_id), score_arrays.score_arrays(db, run_id, split)
    cases = arrays.cases.tolist()
    columns = _identity_columns(db, run_id, cases, arrays.names())
    columns |= _finding_columns(db, run, arrays) if run.kind is TaskKind.MULTI else _answer_columns(db, run, arrays)
    metadata = facts(db, cases, missing="")
    columns |= {(name if name not in columns else f"{FACT}{name}"): values for name, values in metadata.items()}
    yield tuple(columns)
    yield from zip(*columns.values(), strict=True)


def _identity_columns(db: Database, run_id: int, cases: Sequence[int], patients: Column) -> dict[str, Column]:
    rows: dict[int, Sequence[object]] = {}
    statement = (
        select(Prediction.case_id, Image.sha256, Image.item, Image.name, Prediction.split)
        .join(Case, Case.id == Prediction.case_id)
        .join(Image, Image.id == Case.image_id)
        .where(Prediction.run_id == run_id)
    )
    with db.read() as session:
        for ids in queries.chunks(list(cases)):
            rows |= {row[0]: row[1:] for row in session.execute(statement.where(Prediction.case_id.in_(ids)))}
    sha256, item, name, split = zip(*(rows[case] for case in cases), strict=True)
    return dict(zip(FIRST, (cases, sha256, item, name, patients, [part.value for part in split]), strict=True))


def _answer_columns(db: Database, run: runs.RunView, arrays: score_arrays.ScoreArrays) -> dict[str, Column]:
    """Return truth, scores and prediction of a run of classes, or truth and value of a number."""
    if run.kind is TaskKind.NUMBER:
        return {"truth": _full_precision(arrays.truths[:, 0]), "value": _full_precision(arrays.scores[:, 0])}
    columns: dict[str, Column] = {"truth": [run.classes[label] for label in arrays.labels.tolist()]}
    columns |= {f"score {name}": _full_precision(arrays.scores[:, at]) for at, name in enumerate(run.classes)}
    point = operating_points.current_or_default(db, run.id)
    if point.id is not None:
        scores = score_arrays.class_scores(run, arrays, positive=point.positive)
        columns |= _calibrated_column(run.classes[point.positive], scores, point)
    called = calls.predicted_classes(run, arrays, point).tolist()
    return columns | {"called": [run.classes[at] for at in called]}


def _finding_columns(db: Database, run: runs.RunView, arrays: score_arrays.ScoreArrays) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for at, name in enumerate(run.classes):
        truth = arrays.truths[:, at]
        columns |= {
            f"truth {name}": ["" if value != value else int(value) for value in truth.tolist()],
            f"score {name}": _full_precision(arrays.scores[:, at]),
        }
        if (truth != truth).all():
            continue
        point = operating_points.current_or_default(db, run.id, at)
        known = score_arrays.class_scores(run, arrays, finding=at, positive=point.positive)
        row_of_case = dict(zip(known.cases.tolist(), range(len(known.cases)), strict=True))
        rows = [row_of_case.get(case) for case in arrays.cases.tolist()]
        known_columns = _calibrated_column(name, known, point)
        known_columns[f"called {name}"] = [
            int(yes == bool(point.positive)) for yes in calls.positive_cases(known, point).tolist()
        ]
        columns |= {key: ["" if at is None else values[at] for at in rows] for key, values in known_columns.items()}
    return columns


def _calibrated_column(name: str, scores: BinaryScores, point: PointView) -> dict[str, Column]:
    return (
        {}
        if point.calibrator is None
        else {f"calibrated {name}": _full_precision(score_arrays.calibrated(scores, point).scores)}
    )


def _full_precision(values: NDArray[np.float64]) -> list[str]:
    """Return every digit, so that recomputed metrics are the same."""
    return [repr(value) for value in values.tolist()]
