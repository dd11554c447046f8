"""Strokes behind the guard: each kept once, under the reader whom the page named, on a case of the page's task."""

import pytest

from core.services.annotation import annotations, drawings, tasks
from dashboard.server import serializers
from tests.dashboard.conftest import ORIGIN

ROUTE = "/api/drawings"


def stroke(on, **more):
    return {
        "case": on.id,
        "image": on.image_ids[0],
        "frame": 0,
        "key": "drawing-1",
        "shape": "box",
        "label": 1,
        "geometry": {"points": [[1, 2], [8, 9.5]]},
        "erased": False,
        "client": "stroke-1",
        **more,
    }


def test_a_stroke_is_kept_once_however_often_it_is_sent_and_is_there_for_who_asks(client, signed, db, task, case):
    url = signed(ROUTE, task=task.id, by="Dr. Ä")
    answers = [client.post(url, json=stroke(case)).json() for _ in range(3)]
    made = answers[0]["drawing"]
    assert answers == [answers[0]] * 3
    assert made == {
        "key": "drawing-1",
        "image": case.image_ids[0],
        "frame": 0,
        "shape": "box",
        "label": 1,
        "reader": "Dr. Ä",
        "geometry": {"points": [[1.0, 2.0], [8.0, 9.5]]},
        "at": made["at"],
        "erased": False,
    }
    got = client.get(signed(f"{ROUTE}/{case.id}"))
    assert got.json() == {"drawings": [made]}
    assert "no-store" in got.headers["cache-control"]
    assert len(drawings.history(db, case.id)) == 1


def test_an_erased_drawing_is_told_to_nobody(client, signed, task, case):
    url = signed(ROUTE, task=task.id, by="me")
    client.post(url, json=stroke(case))
    gone = client.post(url, json=stroke(case, erased=True, client="stroke-2"))
    assert gone.json()["drawing"]["erased"] is True
    assert client.get(signed(f"{ROUTE}/{case.id}")).json() == {"drawings": []}


def test_a_case_says_where_its_drawings_are(client, db, signer, task, case):
    entry = serializers.queue(db, signer, client.cookies["rounds_1"], task_id=task.id, only="all")[0]
    assert client.get(entry["drawings"]).json() == {"drawings": []}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"label": 7}, "not one of this task's classes"),
        ({"shape": "star"}, "not a shape"),
        ({"frame": 3}, "frame 3"),
        ({"geometry": None}, "no geometry"),
        ({"geometry": {"points": [[1, 2], [9e9, 1]]}}, "not a finite number"),
        ({"geometry": {"points": [[1, 2], [900, 1]]}}, "outside the image"),
        ({"client": ""}, "client key must have 1 to 80 characters"),
        ({"key": "x" * 99}, "key must have 1 to 80 characters"),
        ({"case": 99}, "no case 99"),
        ({"image": 99}, "no image 99"),
        ({"case": None}, "Invalid request"),
        ({"erased": True}, "does not exist"),
    ],
)
def test_a_wrong_stroke_is_refused_in_a_sentence_and_nothing_is_kept(client, signed, db, task, case, change, words):
    got = client.post(signed(ROUTE, task=task.id, by="me"), json=stroke(case, **change))
    assert 400 <= got.status_code < 500
    assert words in got.json()["error"]
    assert drawings.history(db, case.id) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"null", b'{"case": 1e999}', b'{"case": 1e30, "key": 1}'])
def test_a_body_that_is_no_stroke_is_refused_in_a_sentence(client, signed, task, body):
    got = client.post(signed(ROUTE, task=task.id, by="me"), content=body)
    assert 400 <= got.status_code < 500
    assert got.json()["error"].endswith(".")


def test_numbers_that_json_does_not_know_are_refused(client, signed, db, task, case):
    body = str(stroke(case)).replace("'", '"').replace("False", "false").replace("9.5", "NaN")
    got = client.post(signed(ROUTE, task=task.id, by="me"), content=body)
    assert (got.status_code, got.json()["error"][-1]) == (422, ".")
    assert drawings.history(db, case.id) == []


def test_a_case_of_another_task_is_refused(client, signed, db, task):
    other = tasks.create(db, name="other", classes=["a", "b"])
    case = annotations.queue(db, task_id=other.id)[0]
    got = client.post(signed(ROUTE, task=task.id, by="me"), json=stroke(case))
    assert "another task" in got.json()["error"]
    assert drawings.history(db, case.id) == []


def test_another_patients_image_is_refused(client, signed, db, task, case):
    stranger = annotations.queue(db, task_id=task.id)[1]
    got = client.post(signed(ROUTE, task=task.id, by="me"), json=stroke(case, image=stranger.image_ids[0]))
    assert "different patients" in got.json()["error"]


def test_a_forged_address_opens_nothing(client, signed, db, task, case):
    url = signed(ROUTE, task=task.id, by="me")
    forged = [
        url.replace("by=me", "by=chief"),
        url.replace("sig=", "sig=0"),
        ROUTE,
        f"{ROUTE}?task={task.id}&by=me",
        url.replace(f"task={task.id}", f"task={task.id + 1}"),
    ]
    assert [client.post(one, json=stroke(case)).status_code for one in forged] == [403] * 5
    url = signed(f"{ROUTE}/{case.id}")
    assert client.get(url.replace(f"{ROUTE}/{case.id}", f"{ROUTE}/{case.id + 1}")).status_code == 403
    assert client.get(f"{ROUTE}/{case.id}").status_code == 403
    assert drawings.history(db, case.id) == []


def test_an_address_works_in_its_own_browser_only(client, signer, db, task, case):
    url = signer.url(ROUTE, "another-session", task=task.id, by="me")
    assert client.post(url, json=stroke(case)).status_code == 403
    assert client.get(signer.url(f"{ROUTE}/{case.id}", "another-session")).status_code == 403
    old = signer.url(ROUTE, client.cookies["rounds_1"], now=1.0, task=task.id, by="me")
    assert client.post(old, json=stroke(case)).status_code == 403
    assert drawings.history(db, case.id) == []


def test_another_site_cannot_post(client, signed, db, task, case):
    url = signed(ROUTE, task=task.id, by="me")
    assert client.post(url, json=stroke(case), headers={"Origin": "http://evil.example"}).status_code == 403
    assert drawings.history(db, case.id) == []
    assert client.post(url, json=stroke(case), headers={"Origin": ORIGIN}).status_code == 200


def test_a_stroke_of_another_case_is_not_shown_on_this_one(client, signed, db, task, case):
    other = annotations.queue(db, task_id=task.id)[1]
    url = signed(ROUTE, task=task.id, by="me")
    client.post(url, json=stroke(case))
    got = client.post(url, json=stroke(other, image=other.image_ids[0]))
    assert (got.status_code, "another case" in got.json()["error"]) == (422, True)
