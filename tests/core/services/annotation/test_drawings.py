"""Drawings are versions: sent twice they are one, an edit is a newer one, and what cannot be is a sentence."""

import math

import numpy as np
import pytest
from PIL import Image as Picture
from sqlalchemy import event, func, select

from core.errors import InvalidInput, NotFound
from core.services.annotation import annotations, drawings, tasks
from core.services.images import images
from db.tables import Drawing, LabelClass
from tests.core.conftest import copied, make

BOX = {"points": [[1, 2], [5, 6]]}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Twelve pictures of six patients and a task: imported once, copied for every test."""
    folder = tmp_path_factory.mktemp("template")
    pictures, lines = folder / "pictures", ["file,patient_id"]
    pictures.mkdir()
    for number in range(12):
        Picture.fromarray(np.full((8, 8), number * 20, np.uint8)).save(pictures / f"p{number:02}.png")
        lines.append(f"p{number:02}.png,PAT-{number // 2}")
    (folder / "data.csv").write_text("\n".join(lines))
    made = make(folder / "home")
    made.take(pictures, metadata=folder / "data.csv")
    tasks.create(made.db, name="finding", classes=["none", "some"])
    made.db.close()
    return folder / "home"


@pytest.fixture
def home(template, tmp_path):
    made = copied(template, tmp_path / "home")
    yield made
    made.db.close()


@pytest.fixture
def task(home):
    return tasks.task_named(home.db, "finding")


@pytest.fixture
def case(home, task):
    return annotations.queue(home.db, task_id=task.id)[0]


@pytest.fixture
def draw(home, case):
    def drawn(**more):
        message = {
            "case_id": case.id,
            "image_id": case.image_ids[0],
            "frame": 0,
            "key": "d",
            "shape": "box",
            "geometry": BOX,
            "label": 1,
            "by": "ann",
            "client": f"c{versions(home)}",
        }
        return drawings.draw(home.db, **{**message, **more})

    return drawn


def versions(home) -> int:
    with home.db.read() as session:
        return session.scalar(select(func.count(Drawing.id)))


def test_a_drawing_stands_with_its_reader_class_and_place(home, case, draw):
    made = draw()
    assert (made.reader, made.label, made.image_id, made.frame) == ("ann", 1, case.image_ids[0], 0)
    assert made.geometry == {"points": [[1.0, 2.0], [5.0, 6.0]]}
    assert drawings.standing(home.db, case.id) == [made]


def test_a_stroke_sent_again_is_one_version(home, case, draw):
    first = draw(client="stroke")
    assert [draw(client="stroke") for _ in range(3)] == [first] * 3
    assert versions(home) == 1


def test_an_edit_is_a_newer_version_in_the_place_of_the_first(home, case, draw):
    draw(key="a")
    draw(key="b", label=None)
    edited = draw(key="a", geometry={"points": [[0, 0], [8, 8]]}, by="bob")
    assert [(one.key, one.reader, one.label) for one in drawings.standing(home.db, case.id)] == [
        ("a", "bob", 1),
        ("b", "ann", None),
    ]
    assert drawings.standing(home.db, case.id)[0] == edited
    assert [one.reader for one in drawings.history(home.db, case.id, "a")] == ["ann", "bob"]


def test_an_erased_drawing_is_gone_until_it_is_drawn_again(home, case, draw):
    draw()
    gone = draw(erased=True, geometry=None, shape="nonsense", label=99, image_id=4711)
    assert (gone.erased, gone.geometry, gone.label) == (True, {"points": [[1.0, 2.0], [5.0, 6.0]]}, 1)
    assert drawings.standing(home.db, case.id) == []
    back = draw()
    assert drawings.standing(home.db, case.id) == [back]
    assert [one.erased for one in drawings.history(home.db, case.id)] == [False, True, False]


def test_a_key_names_a_drawing_of_its_own_case_only(home, task, case, draw):
    other = annotations.queue(home.db, task_id=task.id)[1]
    draw()
    draw(case_id=other.id, geometry={"points": [[0, 0], [1, 1]]}, image_id=other.image_ids[0])
    assert [len(drawings.standing(home.db, one.id)) for one in (case, other)] == [1, 1]
    with pytest.raises(InvalidInput, match="another case"):
        draw(case_id=other.id, image_id=other.image_ids[0], client="c0")


def test_a_picture_of_the_same_patient_may_be_drawn_on_and_of_another_not(home, task, case, draw):
    beside, stranger = (annotations.queue(home.db, task_id=task.id)[index].image_ids[0] for index in (1, 2))
    assert draw(image_id=beside).image_id == beside
    with pytest.raises(InvalidInput, match="of different patients"):
        draw(key="x", image_id=stranger)
    with pytest.raises(InvalidInput, match="a drawing cannot move"):
        draw(image_id=case.image_ids[0])
    assert versions(home) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"frame": 1}, "has 1 frames"),
        ({"frame": -1}, "no frame -1"),
        ({"shape": "star"}, "is not a shape"),
        ({"label": 2}, "Class 3 is not one"),
        ({"label": -1}, "not one of this task's classes"),
        ({"key": ""}, "drawing's key must have 1 to 80"),
        ({"client": "x" * 81}, "client key must have 1 to 80"),
        ({"geometry": None}, "no geometry"),
        ({"geometry": {"points": [[0, 0], [math.nan, 1]]}}, "not a finite number"),
        ({"geometry": {"points": [[0, 0], [9e5, 1]]}}, "outside the image of 8 × 8"),
        ({"erased": True}, "to erase"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_and_nothing_is_kept(home, draw, change, words):
    with pytest.raises(InvalidInput, match=words) as refused:
        draw(**change)
    assert str(refused.value).endswith(".")
    assert versions(home) == 0


@pytest.mark.parametrize("change", [{"case_id": 4711}, {"image_id": 4711}])
def test_what_is_not_there_is_refused(draw, change):
    with pytest.raises(NotFound, match="4711"):
        draw(**change)


def test_a_retired_class_stays_on_what_has_it_and_is_given_to_nothing_new(home, case, draw):
    draw(key="old")
    with home.db.transaction() as session:
        session.scalar(select(LabelClass).where(LabelClass.position == 1)).retired_at = 1.0
    with pytest.raises(InvalidInput, match="'some' was retired"):
        draw(key="new")
    draw(key="old", geometry={"points": [[0, 0], [8, 8]]})
    draw(key="old", erased=True)
    assert drawings.standing(home.db, case.id) == []


def test_many_drawings_cost_as_many_questions_as_one(home, case, draw):
    request = []
    event.listen(home.db.engine, "before_cursor_execute", lambda *message: request.append(message[2]))
    draw(key="0")
    counts = []
    for number in (1, 40):
        for key in range(number):
            draw(key=str(key), by=f"reader {key}")
        request.clear()
        assert len(drawings.standing(home.db, case.id)) == number
        counts.append(len(request))
    assert counts[0] == counts[1]


def test_an_excluded_image_keeps_its_drawings(home, case, draw):
    made = draw()
    images.exclude(home.db, case.image_ids[0], because="blurred")
    assert drawings.standing(home.db, case.id) == [made]
