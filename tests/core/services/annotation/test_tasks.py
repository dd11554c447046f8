"""Questions, their ordered answers, and their cases."""

import pytest

from core.errors import InvalidInput, NotFound
from core.services.annotation import annotations, tasks
from db.vocabulary import Unit


def test_a_task_has_its_classes_in_order_and_a_case_per_image(home, pictures):
    home.take(pictures)
    made = tasks.create(home.db, name=" side ", classes=["right", "left", ""], question="Which side?")
    assert (made.name, [(one.position, one.title) for one in made.classes]) == ("side", [(0, "right"), (1, "left")])
    assert annotations.progress(home.db, made.id).total == 12
    assert tasks.task_named(home.db, "side") == tasks.get(home.db, made.id) == tasks.list_tasks(home.db)[0]


def test_images_that_came_later_can_be_added(home, pictures):
    home.take(pictures / "p00.png")
    made = tasks.create(home.db, name="side", classes=["right", "left"])
    home.take(pictures)
    assert tasks.missing_cases(home.db, made.id) == 11
    assert tasks.add_missing_cases(home.db, made.id) == 11
    assert tasks.add_missing_cases(home.db, made.id) == 0


def test_a_task_about_series_has_a_case_per_stack(home, data_dir):
    home.take(data_dir / "series" / "mr_prostate_adc_20")
    made = tasks.create(home.db, name="stack", classes=["a", "b"], unit=Unit.SERIES)
    (case,) = annotations.queue(home.db, task_id=made.id)
    assert len(case.image_ids) == 20
    assert len(set(case.image_ids)) == 20


@pytest.mark.parametrize(
    ("name", "classes", "message"),
    [
        ("", ["a", "b"], "needs a name"),
        ("x", ["a", "a"], "has a class twice"),
        (" taken ", ["a", "b"], "already a task"),
    ],
)
def test_a_wrong_task_is_one_sentence(home, name, classes, message):
    tasks.create(home.db, name="taken", classes=["a", "b"])
    with pytest.raises(InvalidInput, match=message):
        tasks.create(home.db, name=name, classes=classes)


@pytest.mark.parametrize("classes", [["alone"], [], [f"class {number}" for number in range(10)]])
def test_two_to_nine_classes(home, classes):
    with pytest.raises(InvalidInput):
        tasks.create(home.db, name="x", classes=classes)


def test_an_unknown_task_names_those_there_are(home):
    tasks.create(home.db, name="side", classes=["a", "b"])
    with pytest.raises(NotFound, match="are: side"):
        tasks.task_named(home.db, "other")
