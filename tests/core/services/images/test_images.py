"""Each filter of the Images page keeps its images and no others: a row for each clause of `images._narrow`."""

import pytest

from core.services.annotation import annotations, tasks
from core.services.images import images
from core.services.images.images import Filter
from db.vocabulary import Answer, TaskKind, Unit
from tests.core.conftest import copied

ALL = set(range(11))  # number 11 is excluded


@pytest.fixture(scope="module")
def home(filled_once, tmp_path_factory):
    """Twelve pictures labelled in task 'kind', a in turn with b; others get findings, a number, or have no case."""
    made = copied(filled_once, tmp_path_factory.mktemp("filters") / "home")
    answers = {
        "chest": ({"classes": ["mass", "nodule"], "kind": TaskKind.MULTI}, {"findings": {0: "present", 1: "absent"}}),
        "doubt": ({"classes": ["mass", "nodule"], "kind": TaskKind.MULTI}, {"findings": {0: "uncertain"}}),
        "age": ({"kind": TaskKind.NUMBER}, {"value": 40.0}),
    }
    for name, (settings, answer) in answers.items():
        task = tasks.create(made.db, name=name, **({"classes": []} | settings))
        case = next(case for case in annotations.queue(made.db, task_id=task.id) if case.image_ids == (id_of(made, 3),))
        kind = Answer.FINDINGS if "findings" in answer else Answer.VALUE
        annotations.label(made.db, case_id=case.id, answer=kind, label=None, by="ann", key=name, **answer)
    tasks.create(made.db, name="study", classes=["no", "yes"], unit=Unit.STUDY)
    images.exclude(made.db, id_of(made, 11), because="blurred")
    yield made
    made.db.close()


def id_of(home, number):
    """The image of picture `number`; an import numbers images as they come."""
    return next(view.id for view in images.page(home.db, Filter()) if view.name == f"p{number:02}.png")


@pytest.mark.parametrize(
    ("filters", "task", "numbers"),
    [
        ({}, "", ALL),
        ({"excluded": True}, "", {11}),
        ({"facts": (("site", "north"),)}, "", {2, 3, 6, 7, 10}),
        ({"facts": (("site", "north"), ("split", "train"))}, "", {2, 3, 6, 7}),
        ({"facts": (("site", "north"),), "excluded": True}, "", {11}),
        ({"facts": (("split", "north"),)}, "", set()),
        ({}, "kind", ALL),
        ({}, "study", set()),  # no picture belongs to a study
        ({"answer": "b"}, "kind", {1, 3, 5, 7, 9}),
        ({"answer": "b", "facts": (("site", "north"),)}, "kind", {3, 7}),
        ({"answer": "unlabelled"}, "kind", set()),
        ({"answer": "unlabelled"}, "chest", ALL - {3}),
        ({"answer": "unlabelled"}, "age", ALL - {3}),
        ({"answer": "mass"}, "chest", {3}),
        ({"answer": "nodule"}, "chest", set()),
        ({"answer": "mass"}, "doubt", set()),
        ({"answer": "mass"}, "kind", set()),  # a class of another task
    ],
)
def test_a_filter_keeps_its_images_and_counts_them(home, filters, task, numbers):
    selected = Filter(task_id=tasks.task_named(home.db, task).id if task else None, **filters)
    shown = images.page(home.db, selected)
    assert {int(view.name[1:3]) for view in shown} == numbers
    assert images.count(home.db, selected) == len(shown)


def test_pages_follow_each_other_without_a_gap(home):
    first = images.page(home.db, Filter(), limit=7)
    second = images.page(home.db, Filter(), after=first[-1].id, limit=7)
    assert (len(first), len(second)) == (7, 4)
    assert {view.id for view in [*first, *second]} == {view.id for view in images.page(home.db, Filter())}
