"""Comments beside a case and beside a point: append-only, sent twice they are one, withdrawn by their writer."""

import pytest
from sqlalchemy import func, select

from core.errors import InvalidInput, NotFound
from core.services.annotation import annotations, comments, tasks
from core.services.annotation.comments import Place
from db.tables import Comment
from db.vocabulary import Unit


@pytest.fixture
def case(imported):
    task = tasks.create(imported.db, name="side", classes=["right", "left"])
    return annotations.queue(imported.db, task_id=task.id)[0]


def write(home, case, text="Look here.", *, by="ann", key="k", place=None):
    return comments.comment(home.db, case_id=case.id, text=text, by=by, key=key, place=place)


def rows(home) -> int:
    with home.db.read() as session:
        return session.scalar(select(func.count(Comment.id)))


def test_a_comment_on_a_case_and_one_on_a_point_stand_in_order(home, case):
    place = Place(case.image_ids[0], 0, 3.25, 8.0)
    for _ in range(3):
        first = write(home, case, " Two\r\nlines. ", key="1")
    second = write(home, case, by="bob", key="2", place=place)
    assert comments.of_case(home.db, case.id) == [first, second]
    assert (first.reader, first.text, first.place) == ("ann", "Two\nlines.", None)
    assert (second.reader, second.place) == ("bob", place)
    assert annotations.case(home.db, case.id).comments == 2


def test_only_its_writer_withdraws_it_and_once(home, case):
    expected, other = write(home, case, key="1"), write(home, case, by="bob", key="2")
    with pytest.raises(InvalidInput, match=f"bob wrote comment {other.id}"):
        comments.withdraw(home.db, comment_id=other.id, by="ann", key="w1")
    for key in ("w2", "w2", "w3"):
        comments.withdraw(home.db, comment_id=expected.id, by="ann", key=key)
    assert [one.id for one in comments.of_case(home.db, case.id)] == [other.id]
    assert (rows(home), annotations.case(home.db, case.id).comments) == (3, 1)
    with pytest.raises(NotFound, match="There is no comment 3"):
        comments.withdraw(home.db, comment_id=3, by="ann", key="w4")  # the withdrawal is no comment itself


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("  ", "empty"),
        ("x" * 2001, "2,001 characters; write at most 2,000"),
        ("a\x00b", r"U\+0000"),
        ("\ud800", r"U\+D800"),
        ("a\u202eb", r"U\+202E"),
    ],
)
def test_a_text_that_cannot_be_kept_is_one_sentence(home, case, text, message):
    with pytest.raises(InvalidInput, match=message):
        write(home, case, text)
    assert rows(home) == 0


def test_the_longest_text_is_kept_whole(home, case):
    assert comments.of_case(home.db, case.id) == []
    write(home, case, "ä" * 2000)
    assert comments.of_case(home.db, case.id)[0].text == "ä" * 2000


@pytest.mark.parametrize(
    ("frame", "x", "y", "message"),
    [
        (0, 8.1, 1, "8 pixels wide and 8 high"),
        (0, -0.1, 1, "is outside image"),
        (0, float("nan"), 1, "is outside image"),
        (1, 1, 1, "there is no frame 1"),
    ],
)
def test_a_place_beside_the_picture_is_refused(home, case, frame, x, y, message):
    with pytest.raises(InvalidInput, match=message):
        write(home, case, place=Place(case.image_ids[0], frame, x, y))
    assert rows(home) == 0


def test_a_place_on_another_case_is_refused_and_any_slice_of_a_stack_is_taken(home, case, data_dir):
    with pytest.raises(InvalidInput, match="does not belong to case"):
        write(home, case, place=Place(case.image_ids[0] + 1, 0, 1, 1))
    home.take(data_dir / "series" / "mr_prostate_adc_20")
    task = tasks.create(home.db, name="stack", classes=["a", "b"], unit=Unit.SERIES)
    (stack,) = annotations.queue(home.db, task_id=task.id)
    assert write(home, stack, place=Place(stack.image_ids[0], 0, 1, 1)).place.image == stack.image_ids[0]


def test_a_case_that_is_not_there_is_refused(home):
    with pytest.raises(NotFound, match="no case 4711"):
        comments.of_case(home.db, 4711)
