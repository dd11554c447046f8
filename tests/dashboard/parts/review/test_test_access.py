"""Looks at test are counted wherever its figures are shown, and told there."""

import pytest

from core.services.evaluation import operating_points
from db.vocabulary import TaskKind
from tests.core.services.predicted import another, draw
from tests.dashboard.test_pages import home, on_test, opened, text_of
from tests.dashboard.test_review_page import db, empty, tables

__all__ = ["db", "empty", "home"]


def test_of_numbers(db):
    run = draw(db, TaskKind.NUMBER, ()).run
    assert "Test results viewed" not in text_of(opened("review", run=str(run), split="val"))
    assert operating_points.count_test_views(db, run) == 0
    assert "Test results viewed once." in text_of(on_test("review", run=str(run)))
    assert operating_points.count_test_views(db, run) == 1


def test_of_all_classes(db):
    run = draw(db, classes=("a", "b", "c")).run
    assert "Test results viewed once." in text_of(on_test("review", run=str(run)))


def test_of_all_findings_each_at_its_own_point(db):
    run = draw(db, TaskKind.MULTI, ("a", "b")).run
    for finding in (0, 1):
        operating_points.set_operating_point(db, run, by="ann", threshold=0.4, finding=finding)
    assert "Test results viewed once." in text_of(on_test("review", run=str(run)))
    text_shown = text_of(on_test("review", run=str(run), section="findings"))
    assert "Test results viewed 2 times." in text_shown
    assert "Test results viewed once." not in text_shown
    assert operating_points.count_test_views(db, run) == 2


@pytest.mark.parametrize(("kind", "classes"), [(TaskKind.SINGLE, ("well", "ill")), (TaskKind.NUMBER, ())])
def test_of_two_runs_that_are_compared(db, kind, classes):
    drawn = draw(db, kind, classes)
    other = another(db, drawn, seed=5)
    query = {"run": str(other), "other": str(drawn.run)}
    assert "Test results viewed" not in text_of(opened("compare", **query, split="val"))
    text_shown = text_of(on_test("compare", **query))
    assert f"Test results viewed once in run {drawn.run}, once in run {other}." in text_shown
    assert (operating_points.count_test_views(db, drawn.run), operating_points.count_test_views(db, other)) == (1, 1)


def test_a_point_says_how_often_test_was_looked_at_before_it(db):
    run = draw(db).run
    operating_points.record_test_view(db, run, "bob")
    operating_points.set_operating_point(db, run, by="ann", threshold=0.4)
    assert "Test results were viewed once before." in text_of(opened("review", run=str(run), split="val"))
    assert tables(on_test("review", run=str(run)))
