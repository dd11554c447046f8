"""One operating point, everywhere: list, case, matrix, comparison and CSV agree on what a run calls each case."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from core.evaluation.metrics import change
from core.services.evaluation import (
    case_call,
    comparison_data,
    operating_points,
    predictions_export,
    report,
    review_cases,
    run_comparison,
)
from core.services.evaluation.review_data import review_data
from core.services.evaluation.review_query import ReviewQuery
from core.services.evaluation.review_source import ReviewSource
from core.services.predictions import predictions
from core.services.training import runs
from db.tables import Prediction
from db.vocabulary import TaskKind
from tests.core.services.predicted import another, draw

KINDS = (TaskKind.SINGLE, ("well", "ill")), (TaskKind.MULTI, ("a", "b")), (TaskKind.SINGLE, ("none", "mild", "severe"))
RUNS = [(0, 2), *(pytest.param(seed, 33, marks=pytest.mark.slow) for seed in (1, 2))]  # 204 of all three kinds


def random_point(db, run: int, kind: TaskKind, classes: int, rng) -> operating_points.PointView:
    """A point as a person may set it: any class, level and calibration, and often just at the score of a case."""
    positive = int(rng.integers(2 if kind is TaskKind.MULTI else classes))
    with db.read() as session:
        rows = session.query(Prediction).filter(Prediction.run_id == run).all()
    score = rows[int(rng.integers(len(rows)))].probabilities[-1 if classes == 2 else positive]
    level, rule = [("image", ""), ("patient", "max"), ("patient", "mean"), ("patient", "noisy_or")][rng.integers(4)]
    return operating_points.set_operating_point(
        db,
        run,
        by="ann",
        finding=int(rng.integers(classes)) if kind is TaskKind.MULTI else 0,
        positive=positive,
        level=level,
        patient_rule=rule,
        calibrator=[None, None, "temperature", "isotonic"][rng.integers(4)],
        **[
            {"threshold": float(score)},
            {"threshold": float(rng.random())},
            {"rule": {"kind": "sensitivity", "at_least": 0.8}},
        ][rng.integers(3)],
    )


def exported(db, run: int, path, column: str) -> dict[int, str]:
    predictions_export.write(db, run, "test", path)
    with path.open(newline="") as file:
        return {int(line["case"]): line[column] for line in csv.DictReader(file)}


def agree(db, query: ReviewQuery, path) -> None:
    """Matrix, lists, cases, the predictions' CSV and the report say the same of every case of the query."""
    source, run = ReviewSource(db), runs.get(db, query.run)
    data = review_data(source, run, query)
    multi = run.kind is TaskKind.MULTI
    name = run.classes[query.finding] if multi else ""
    called_in_csv = exported(db, run.id, path, f"called {name}".strip())
    listed = {}
    for truth in (0, 1):
        for called in (0, 1):
            rows = review_cases.selected_rows(source, data, replace(query, truth=truth, called=called))
            assert len(rows) == data.matrix()[truth][called]
            listed |= {int(data.cases[row]): (truth, called) for row in rows}
    assert set(listed) == set(data.cases.tolist())
    yes = "1" if multi and data.point.positive else "0" if multi else run.classes[data.point.positive]
    for case, (truth, called) in listed.items():
        call = case_call.call_of_case(data, case)
        assert (call.called, call.reference) == (data.titles[called], data.titles[truth])
        assert call.outcome == case_call.OUTCOMES[truth][called]
        assert (call.score >= call.threshold) == bool(called)
        assert (called_in_csv[case] == yes) == bool(called)
    finding = query.finding if multi else None
    for row in predictions.predictions_of_cases(db, run.id, list(listed)[:2], finding=finding):
        beside = case_call.call_of_other_run(source, run, run, query, row)
        assert beside == case_call.call_of_case(data, row.case_id)
    made = report.at_point(run, source.columns(run.id, "test"), data.point, finding=finding, resamples=2)
    first = data.point.positive == 0 and (multi or len(run.classes) == 2)  # the report keeps the order of the classes
    assert made.confusion == ([row[::-1] for row in data.matrix()[::-1]] if first else data.matrix())


@pytest.mark.parametrize(("kind", "classes"), KINDS)
@pytest.mark.parametrize(("seed", "count"), RUNS)
def test_every_place_agrees_on_the_call_of_every_case(home, tmp_path, kind, classes, seed, count):
    rng = np.random.default_rng(seed)
    drawn = draw(home.db, kind, classes, patients=30, each=2, seed=seed, name=f"{seed} {len(classes)}")
    for at in range(count):
        run = another(home.db, drawn, seed=100 * seed + at, skill=float(rng.random() * 2))
        point = random_point(home.db, run, kind, len(classes), rng)
        positive = point.positive if len(classes) > 2 else -1
        query = ReviewQuery(run=run, split="test", finding=point.finding, positive=positive)
        agree(home.db, query, tmp_path / "predictions.csv")
        agree_in_comparison(home.db, drawn.run, query, point.positive)


def agree_in_comparison(db, baseline: int, query: ReviewQuery, positive: int) -> None:
    """The tabs count what the table says, and list what the run calls; the difference is run − baseline."""
    source, run = ReviewSource(db), runs.get(db, query.run)
    query = replace(query, other=baseline)
    finding = query.finding if run.kind is TaskKind.MULTI else None
    compared = run_comparison.compare(
        db, baseline, run.id, finding=finding, positive=query.positive if query.positive >= 0 else None, resamples=20
    )
    lists = {name: set(getattr(compared.comparison, name).tolist()) for name in comparison_data.CHANGES}
    of_page = comparison_data.changed_cases(source, run, query)
    assert {name: set(cases.tolist()) for name, cases in of_page.items()} == lists
    for name, cases in lists.items():
        data = review_data(source, run, replace(query, change=name))
        rows = review_cases.selected_rows(source, data, replace(query, change=name))
        assert set(data.cases[rows].tolist()) == cases
        right = {case: case_call.call_of_case(data, case).outcome.startswith("true") for case in cases}
        assert set(right.values()) <= {name == "fixed"}
    n, first, second = (getattr(compared.comparison, part) for part in ("mcnemar", "first", "second"))
    assert (n.only_second, n.only_first) == (len(lists["fixed"]), len(lists["broken"]))
    gain = second["accuracy"].value - first["accuracy"].value
    assert gain * second["accuracy"].n == pytest.approx(len(lists["fixed"]) - len(lists["broken"]), abs=1e-6)
    for name, difference in compared.comparison.differences.items():
        if difference.value is not None:
            assert difference.value == pytest.approx(second[name].value - first[name].value, abs=1e-9)
    fields = compared.to_json()
    for name, old in fields["differences"].items():
        new = fields["run_minus_baseline"][name]
        assert (old["value"] is None and new["value"] is None) or old["value"] == -new["value"]
        assert new["change"] == change(name, compared.comparison.differences[name])
