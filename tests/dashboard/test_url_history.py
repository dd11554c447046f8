"""Back and forward: widgets follow the URL that a reader went to, and the URL of the page follows the widgets."""

import pytest

from core.services.annotation import tasks
from dashboard import url_history
from tests.core.services.predicted import draw
from tests.dashboard.test_pages import filled, home, opened, text_of
from tests.dashboard.test_review_page import db, empty

__all__ = ["db", "empty", "filled", "home"]


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """No request of these tests is late."""
    monkeypatch.setattr(url_history, "LATE_S", -1.0)


def went_to(app, **query):
    """The page after back, forward or a changed address: the same widgets, another URL."""
    app.query_params.clear()
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return dict(app.query_params)


def test_back_on_review_undoes_the_split_and_the_section(db):
    drawn = draw(db, patients=12)
    app = opened("review", run=str(drawn.run), split="val")
    app.segmented_control(key="review_split").set_value("train").run()
    app.segmented_control(key="review_section").set_value("curves").run()
    assert dict(app.query_params) == {"run": "1", "split": "train", "section": "curves"}
    assert went_to(app, run="1", split="val") == {"run": "1", "split": "val"}
    assert app.segmented_control(key="review_split").value == "val"
    assert app.segmented_control(key="review_section").value == "overview"
    assert went_to(app, run="1", split="train", section="curves") == {"run": "1", "split": "train", "section": "curves"}
    assert app.segmented_control(key="review_section").value == "curves"


def test_back_to_a_bare_address_adds_no_step(db):
    draw(db, patients=12)
    app = opened("review")
    assert dict(app.query_params) == {"run": "1", "split": "val"}
    assert went_to(app) == {}


def test_a_recipe_is_a_link_and_back_undoes_it(filled):
    app = opened("datasets", task="1", column="patient")
    app.slider(key="recipe_test").set_value(30).run()
    app.number_input(key="recipe_seed").set_value(7).run()
    link = dict(app.query_params)
    assert link == {"task": "1", "column": "patient", "test": "30", "seed": "7"}
    went_to(app, task="1", column="patient", test="30")
    assert (app.slider(key="recipe_test").value, app.number_input(key="recipe_seed").value) == (30, 0)
    shared = opened("datasets", **link)
    assert (shared.slider(key="recipe_test").value, shared.number_input(key="recipe_seed").value) == (30, 7)


def test_back_on_label_opens_the_task_before(filled):
    from core.services.workspace import home as workspace_home

    opened_db = workspace_home.open_home(filled)
    tasks.create(opened_db, name="second", classes=["no", "yes"])
    opened_db.close()
    app = opened("label", task="1", only="all")
    app.selectbox(key="label_task").set_value(2).run()
    assert app.query_params["task"] == "2"
    went_to(app, task="1", only="all")
    assert app.selectbox(key="label_task").value == 1
    assert "No labelling tasks" not in text_of(app)


def test_a_late_address_does_not_undo_a_click(db, monkeypatch):
    """The browser sends the URL before the last change with a click that follows at once."""
    monkeypatch.setattr(url_history, "LATE_S", 60.0)
    drawn = draw(db, patients=12)
    app = opened("review", run=str(drawn.run), split="val")
    app.segmented_control(key="review_split").set_value("train").run()
    went_to(app, run="1", split="val")
    assert app.segmented_control(key="review_split").value == "train"
