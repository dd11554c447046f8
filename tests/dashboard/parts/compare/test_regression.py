"""Runs of numbers on the pages: the mean square error beside its root, and two runs by their errors."""

import csv
import io
import re

from core.evaluation.metric_value import MetricValue
from core.services.evaluation import regression_comparison, report
from dashboard.parts.compare import regression
from dashboard.parts.review import regression as review_regression
from dashboard.parts.widgets import metric_table
from db.tables import Task
from db.vocabulary import Split, TaskKind
from tests.core.services.predicted import another, draw
from tests.dashboard.test_pages import home, on_test, text_of
from tests.dashboard.test_review_page import db, empty, tables

__all__ = ["db", "empty", "home"]


def test_a_run_shows_its_mean_square_error_in_the_square_of_the_unit(db):
    drawn = draw(db, TaskKind.NUMBER, ())
    with db.transaction() as session:
        session.get_one(Task, drawn.task).measure = "years"
    mse = report.evaluate_regression(db, drawn.run).metrics["mse"]
    expected = f"Mean squared error {mse.value:.3g} years² (95 % CI {mse.ci_low:.3g} to {mse.ci_high:.3g})"
    assert expected in text_of(on_test("review", run=str(drawn.run)))
    assert review_regression.mean_square(MetricValue(4.0, None, None, 1), "mm Hg") == "Mean squared error 4 (mm Hg)²"


def test_two_runs_are_compared_by_their_errors_and_the_lists_open(db):
    drawn = draw(db, TaskKind.NUMBER, ())
    other = another(db, drawn, seed=5)
    compared = regression_comparison.compare(db, drawn.run, other)
    app = on_test("compare", run=str(other), other=str(drawn.run))
    assert not app.exception
    apart = compared.comparison.differences["mse"]
    assert f"|Mean squared error (lower is better)||{compared.comparison.first.metrics['mse'].value:.4g} (" in tables(
        app
    )
    assert f"||{apart.value:+.4g}".replace("-", "−") in re.sub(r"\|+", "||", tables(app))
    assert "of 20 patients" in text_of(app)
    assert app.segmented_control(key="compare_change").options == [
        f"Error increased {len(compared.further)}",
        f"Error decreased {len(compared.nearer)}",
    ]
    assert f"larger error by run {other} than by run {drawn.run}, largest change first" in text_of(app)
    file = metric_table.comparison_csv(regression.sides(compared), compared.changes()).decode()
    rows = {row["figure"]: row for row in csv.DictReader(io.StringIO(file))}
    assert float(rows["r2"]["difference value"]) == compared.comparison.differences["r2"].value
    assert {row["difference is"] for row in rows.values()} == {f"run {other} − run {drawn.run}"}
    assert {name: row[f"run {other} is"] for name, row in rows.items()} == compared.changes()
    assert float(rows["mae"][f"run {other} high"]) == compared.comparison.second.metrics["mae"].ci_high


def test_what_cannot_be_compared_is_a_sentence(db):
    drawn = draw(db, TaskKind.NUMBER, ())
    part = another(db, drawn, seed=6, splits=(Split.VAL,))
    app = on_test("compare", run=str(part), other=str(drawn.run))
    assert "has no predictions" in app.info[0].value
