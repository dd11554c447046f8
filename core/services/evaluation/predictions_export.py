"""A run's predictions as a CSV: enough to recompute every figure elsewhere, and taken again as they are."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from core.services.evaluation import operating_points
from core.services.evaluation.metadata_columns import facts
from core.services.predictions import score_arrays
from core.services.training import runs
from db import Database, queries
from db.tables import Case, Image, Prediction
from db.vocabulary import TaskKind

FIRST = ("case", "image", "item", "name", "patient", "split")
Column = Sequence[object]


def write(db: Database, run_id: int, split: str, path: Path) -> int:
    """Write the file; gives its number of lines, one per case in the order of their ids.

    An image is named by the sha256 of its file, a patient by the pseudonym. `score X` is what the run gives to class or
    finding X, `calibrated X` that after the operating point's calibrator, `called` what is called at the point (the
    most probable class where none was chosen among many; where it calls patients, what it calls the case's patient),
    of findings one `truth X` (empty: unknown) and `called X` each; of a number `truth` and `value`. Then the facts.

    Raises:
        NotFound: no such run.
        InvalidInput: the split was not predicted yet.
    """
    lines = _lines(db, run_id, split)
    with path.open("w", newline="", encoding="utf-8") as file:
        return _written(csv.writer(file), lines)


def _written(writer: Any, lines: Iterable[Column]) -> int:
    return sum(1 for line in lines if writer.writerow(line)) - 1  # the header is no case


def _lines(db: Database, run_id: int, split: str) -> Iterable[Column]:
    run, found = runs.get(db, run_id), score_arrays.score_arrays(db, run_id, split)
    cases = found.cases.tolist()
    columns = _named(db, run_id, cases, found.names())
    columns |= _findings(db, run, found) if run.kind is TaskKind.MULTI else _answers(db, run, found)
    told = facts(db, cases)
    columns |= {(name if name not in columns else f"fact {name}"): values for name, values in told.items()}
    yield tuple(columns)
    yield from zip(*columns.values(), strict=True)


def _named(db: Database, run_id: int, cases: Sequence[int], patients: Column) -> dict[str, Column]:
    rows: dict[int, Sequence[object]] = {}
    wanted = (
        select(Prediction.case_id, Image.sha256, Image.item, Image.name, Prediction.split)
        .join(Case, Case.id == Prediction.case_id)
        .join(Image, Image.id == Case.image_id)
        .where(Prediction.run_id == run_id)
    )
    with db.read() as session:
        for ids in queries.chunks(list(cases)):
            rows |= {row[0]: row[1:] for row in session.execute(wanted.where(Prediction.case_id.in_(ids)))}
    sha256, item, name, split = zip(*(rows[case] for case in cases), strict=True)
    return dict(zip(FIRST, (cases, sha256, item, name, patients, [one.value for one in split]), strict=True))


def _answers(db: Database, run: runs.RunView, found: score_arrays.ScoreArrays) -> dict[str, Column]:
    """Of classes, or of a number."""
    if run.kind is TaskKind.NUMBER:
        return {"truth": _plain(found.truths[:, 0]), "value": _plain(found.scores[:, 0])}
    columns: dict[str, Column] = {"truth": [run.classes[label] for label in found.labels.tolist()]}
    columns |= {f"score {name}": _plain(found.scores[:, at]) for at, name in enumerate(run.classes)}
    point = operating_points.current_or_default(db, run.id)
    if point.id is None and len(run.classes) > 2:
        called = found.scores.argmax(axis=1)
    else:
        asked = score_arrays.class_scores(run, found, positive=point.positive)
        columns |= _calibrated(run.classes[point.positive], asked, point)
        others = np.delete(np.arange(len(run.classes)), point.positive)
        called = np.where(_yes(asked, point), point.positive, others[found.scores[:, others].argmax(axis=1)])
    return columns | {"called": [run.classes[at] for at in called.tolist()]}


def _findings(db: Database, run: runs.RunView, found: score_arrays.ScoreArrays) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for at, name in enumerate(run.classes):
        truth = found.truths[:, at]
        columns |= {
            f"truth {name}": ["" if one != one else int(one) for one in truth.tolist()],
            f"score {name}": _plain(found.scores[:, at]),
        }
        if (truth != truth).all():
            continue
        point = operating_points.current_or_default(db, run.id, at)
        known = score_arrays.class_scores(run, found, finding=at, positive=point.positive)
        row = dict(zip(known.cases.tolist(), range(len(known.cases)), strict=True))
        place = [row.get(case) for case in found.cases.tolist()]
        given = _calibrated(name, known, point)
        given[f"called {name}"] = [int(one == bool(point.positive)) for one in _yes(known, point).tolist()]
        columns |= {key: ["" if one is None else values[one] for one in place] for key, values in given.items()}
    return columns


def _calibrated(name: str, asked: score_arrays.BinaryScores, point: operating_points.PointView) -> dict[str, Column]:
    return (
        {} if point.calibrator is None else {f"calibrated {name}": _plain(score_arrays.calibrated(asked, point).scores)}
    )


def _yes(asked: score_arrays.BinaryScores, point: operating_points.PointView) -> NDArray[np.bool_]:
    """What is called at the point, for each case; where it calls patients, what it calls the case's patient."""
    called = score_arrays.apply_operating_point(asked, point).called(point.threshold)
    return called[asked.owner] if point.per_patient else called


def _plain(values: NDArray[np.float64]) -> list[str]:
    """Every digit, so that what is recomputed is the same."""
    return [repr(value) for value in values.tolist()]
