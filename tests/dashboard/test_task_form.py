"""Tasks on the Label page: made of a kind with a guideline; classes appended, retired, brought back; and Datasets."""

import pytest

from core.services import tasks, workspace
from db.vocabulary import TaskKind
from tests.dashboard.test_pages import filled, home, opened, text_of

__all__ = ["filled", "home"]


@pytest.fixture
def db(filled):
    db = workspace.open_home(filled)
    yield db
    db.close()


def pressed(app, label: str):
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert not app.exception, [one.message for one in app.exception]
    return app


def test_a_task_of_several_findings_is_made_with_its_guideline(db):
    app = opened("label")
    app.text_input(key="new_task_name").input("chest")
    app.selectbox(key="new_task_kind").select(TaskKind.MULTI)
    app.text_area(key="new_task_classes").input("mass\neffusion")
    app.text_area(key="new_task_guideline").input("Look twice.\nThen say.")
    pressed(app, "Make the task")
    made = tasks.named(db, "chest")
    assert (made.kind, made.guideline) == (TaskKind.MULTI, "Look twice.\nThen say.")


def test_classes_are_added_retired_and_brought_back_and_too_few_is_a_sentence(db):
    task = tasks.named(db, "finding")
    app = opened("label", task=str(task.id))
    app.text_input(key=f"append_name_{task.id}").input("c")
    pressed(app, "Add it")
    pressed(app, "Retire")
    assert [(one.name, one.retired) for one in tasks.get(db, task.id).classes] == [
        ("a", True), ("b", False), ("c", False),
    ]  # fmt: skip
    pressed(app, "Retire")
    assert "a question needs 2; add a class first." in app.error[0].value
    pressed(app, "Bring back")
    assert not any(one.retired for one in tasks.get(db, task.id).classes)


def test_a_guideline_is_kept_and_a_wrong_one_is_a_sentence(db):
    task = tasks.named(db, "finding")
    app = opened("label", task=str(task.id))
    form = app.text_area(key=f"guideline_text_{task.id}")
    form.input("Look once.")
    [button for button in app.button if button.label == "Keep"][-1].click()
    app.run()
    assert tasks.get(db, task.id).guideline == "Look once."
    app.text_area(key=f"guideline_text_{task.id}").input("left \u202e right")
    [button for button in app.button if button.label == "Keep"][-1].click()
    app.run()
    assert "U+202E" in app.error[0].value
    assert tasks.get(db, task.id).guideline == "Look once."


def test_datasets_offers_no_task_of_several_findings_and_says_why(db):
    tasks.create(db, name="chest", classes=["mass", "effusion"], kind=TaskKind.MULTI)
    app = opened("datasets")
    assert [app.selectbox(key="recipe_task").options, "not listed" in text_of(app)] == [["finding"], True]


def test_datasets_of_findings_only_says_what_is_missing(home):
    db = workspace.open_home(home)
    tasks.create(db, name="chest", classes=["mass", "effusion"], kind=TaskKind.MULTI)
    db.close()
    assert "the tasks here ask for several findings" in text_of(opened("datasets"))
