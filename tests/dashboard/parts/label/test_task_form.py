"""Tasks on the Label page: made of a kind with a guideline; classes appended, retired, brought back; and Datasets."""

import pytest

from core.services.annotation import annotations, tasks
from core.services.datasets import snapshots
from core.services.workspace import home as workspace_home
from db.vocabulary import Answer, MirrorSymmetry, TaskKind, Unit
from tests.dashboard.test_pages import filled, home, opened, text_of

__all__ = ["filled", "home"]


@pytest.fixture
def db(filled):
    db = workspace_home.open_home(filled)
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
    pressed(app, "Create task")
    made = tasks.task_named(db, "chest")
    assert (made.kind, made.guideline) == (TaskKind.MULTI, "Look twice.\nThen say.")


def test_classes_are_added_retired_and_brought_back_and_too_few_is_a_sentence(db):
    task = tasks.task_named(db, "finding")
    app = opened("label", task=str(task.id))
    app.text_input(key=f"append_name_{task.id}").input("c")
    pressed(app, "Add")
    pressed(app, "Retire")
    assert [(one.name, one.retired) for one in tasks.get(db, task.id).classes] == [
        ("a", True),
        ("b", False),
        ("c", False),
    ]
    pressed(app, "Retire")
    assert "and needs 2; add a class first." in app.error[0].value
    pressed(app, "Restore")
    assert not any(one.retired for one in tasks.get(db, task.id).classes)


def test_a_guideline_is_kept_and_a_wrong_one_is_a_sentence(db):
    task = tasks.task_named(db, "finding")
    app = opened("label", task=str(task.id))
    form = app.text_area(key=f"guideline_text_{task.id}")
    form.input("Look once.")
    [button for button in app.button if button.label == "Save"][-1].click()
    app.run()
    assert tasks.get(db, task.id).guideline == "Look once."
    app.text_area(key=f"guideline_text_{task.id}").input("left \u202e right")
    [button for button in app.button if button.label == "Save"][-1].click()
    app.run()
    assert "U+202E" in app.error[0].value
    assert tasks.get(db, task.id).guideline == "Look once."


def test_a_task_that_asks_for_a_number_is_made_with_its_unit_its_range_and_its_mirror_images(db):
    app = opened("label")
    app.selectbox(key="new_task_kind").select(TaskKind.NUMBER).run()
    app.text_input(key="new_task_name").input("age")
    app.text_input(key="new_task_measure").input("years")
    app.number_input(key="new_task_low").set_value(0)
    app.number_input(key="new_task_high").set_value(120)
    app.selectbox(key="new_task_unit").select("study")
    app.selectbox(key="new_task_flips").select(MirrorSymmetry.LEFT_RIGHT)
    pressed(app, "Create task")
    made = tasks.task_named(db, "age")
    assert (made.kind, made.unit, made.measure, made.low, made.high, made.flips) == (
        TaskKind.NUMBER,
        Unit.STUDY,
        "years",
        0,
        120,
        MirrorSymmetry.LEFT_RIGHT,
    )


def test_a_range_in_which_nothing_lies_is_a_sentence(db):
    app = opened("label")
    app.selectbox(key="new_task_kind").select(TaskKind.NUMBER).run()
    app.text_input(key="new_task_name").input("age")
    app.number_input(key="new_task_low").set_value(9)
    app.number_input(key="new_task_high").set_value(3)
    pressed(app, "Create task")
    assert "the first bound must be smaller" in app.error[0].value
    assert [task.name for task in tasks.list_tasks(db)] == ["finding"]


def test_mirror_images_are_set_later_too(db):
    task = tasks.task_named(db, "finding")
    app = opened("label", task=str(task.id))
    app.selectbox(key=f"flips_{task.id}").select(MirrorSymmetry.ANY).run()
    assert not app.exception
    assert tasks.get(db, task.id).flips is MirrorSymmetry.ANY


def test_a_task_for_a_number_has_no_classes_to_see_to(db):
    task = tasks.create(db, name="age", kind=TaskKind.NUMBER)
    app = opened("label", task=str(task.id))
    assert not any(button.label in ("Retire", "Add") for button in app.button)
    assert not app.exception


def answer_all(db, task, *answers: dict) -> None:
    for number, (case, answer) in enumerate(
        zip(annotations.queue(db, task_id=task.id, limit=99), answers, strict=False)
    ):
        annotations.label(db, case_id=case.id, label=None, by="me", key=f"{task.id}-{number:08}", **answer)


def test_datasets_tells_findings_by_what_is_known_and_freezes_them(db):
    task = tasks.create(db, name="chest", classes=["mass", "effusion"], kind=TaskKind.MULTI)
    total = annotations.progress(db, task.id).total
    findings = [{0: ("present", "absent")[number % 2], 1: "uncertain"} for number in range(total - 1)]
    answer_all(db, task, *({"answer": Answer.FINDINGS, "findings": one} for one in [*findings, {0: "uncertain"}]))
    app = opened("datasets", task=str(task.id))
    assert "recipe_balance" not in [one.key for one in app.selectbox]
    app.slider(key="recipe_test").set_value(0).run()
    table = app.dataframe[0].value
    assert list(table["finding"]) == ["mass", "effusion", "all"]
    counted = [cell.split(" · ")[0].split(" / ") for cell in table["Train"][:2]]
    assert [sum(map(int, cell)) for cell in counted] == [int(table["Train"][2].split()[0])] * 2
    assert "Left out: 1 case without any known finding." in text_of(app)
    app.text_input(key="snapshot_name").input("chest 1")
    pressed(app, "Freeze")
    assert snapshots.snapshot_named(db, "chest 1").kind is TaskKind.MULTI


def test_datasets_tells_numbers_by_mean_and_range(db):
    task = tasks.create(db, name="age", kind=TaskKind.NUMBER, measure="years")
    total = annotations.progress(db, task.id).total
    answer_all(db, task, *({"answer": Answer.VALUE, "value": 40.0 + number} for number in range(total)))
    app = opened("datasets", task=str(task.id))
    table = app.dataframe[0].value
    assert list(table["number"]) == ["mean, years", "range", "all"]
    assert "±" in table["Train"][0]
    assert "to" in table["Train"][1]
