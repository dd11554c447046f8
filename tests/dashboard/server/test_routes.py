"""The routes behind the guard: pixels by signature, labels once, and nothing for another site, task or browser."""

import pytest

from core.services.annotation import annotations, tasks
from dashboard.server import routes
from db.vocabulary import TaskKind
from tests.dashboard.conftest import ORIGIN, PIXELS


def answer(case, /, **more):
    return {"case": case.id, "answer": "label", "label": 1, "key": "k" * 12, **more}


def test_pixels_are_the_samples_uncompressed_and_private(client, signed):
    got = client.get(signed("/api/pixels/1/0"), headers={"Accept-Encoding": "gzip"})
    assert got.content == PIXELS.tobytes()
    assert "private" in got.headers["cache-control"]
    assert got.headers["content-encoding"] == "identity"
    assert got.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/api/pixels/1/9",
        "/api/pixels/99/0",
        "/api/thumbnail/99",
        "/api/map/1/1/gradcam",
        "/api/map/1/1/gradcam/0/usual",
    ],
)
def test_what_is_not_there_is_a_sentence(client, signed, path):
    got = client.get(signed(path))
    assert got.status_code == 404
    assert got.json()["error"].endswith(".")


def test_an_address_of_a_map_holds_for_its_class_and_layer_alone(client, signed):
    url = signed("/api/map/1/1/gradcam/0/layer4")
    assert client.get(url).status_code == 404  # there is no such run, and the question was understood
    for other in ("/1/layer4", "/0/layer3", "/most/layer4"):
        assert client.get(url.replace("/0/layer4", other)).status_code == 403
    assert client.get(signed("/api/map/1/1/gradcam/second/usual")).status_code == 400


def test_a_thumbnail_is_a_small_jpeg(client, signed):
    got = client.get(signed("/api/thumbnail/1"))
    assert (got.headers["content-type"], got.content[:2]) == ("image/jpeg", b"\xff\xd8")


def test_a_label_is_kept_once_however_often_it_is_sent(client, signed, db, task):
    case = annotations.queue(db, task_id=task.id)[0]
    url = signed("/api/labels", task=task.id, by="Dr. Ä")
    for _ in range(3):
        got = client.post(url, json=answer(case))
        assert got.json() == {
            "case": {"id": case.id, "answer": "label", "label": 1, "findings": {}, "value": None, "reason": ""},
            "progress": {"total": 2, "labelled": 1},
        }
    assert [(entry.reader, entry.text) for entry in annotations.history(db, case.id)] == [("Dr. Ä", "yes")]
    undone = client.post(signed("/api/undo", task=task.id, by="Dr. Ä"), json={"case": case.id, "key": "u" * 12})
    assert undone.json()["case"]["answer"] == "withdrawn"


def test_the_queue_brings_signed_images(client, signed, task):
    got = client.get(signed("/api/queue", task=task.id, only="unlabelled") + "&limit=1").json()["cases"]
    assert len(got) == 1
    assert len(client.get(got[0]["images"][0]["urls"][0]).content) == PIXELS.nbytes
    assert "decoder" not in got[0]["images"][0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"label": 7}, "not one of this task's 2 classes"),
        ({"label": None}, "needs a class"),
        ({"answer": "withdrawn"}, "use undo"),
        ({"key": "x"}, "no valid key"),
        ({"case": 99}, "no case 99"),
        ({"answer": "nonsense"}, "Invalid request"),
    ],
)
def test_a_wrong_label_is_refused_in_a_sentence_and_nothing_is_kept(client, signed, db, task, change, words):
    case = annotations.queue(db, task_id=task.id)[0]
    got = client.post(signed("/api/labels", task=task.id, by="me"), json=answer(case, **change))
    assert 400 <= got.status_code < 500
    assert words in got.json()["error"]
    assert annotations.history(db, case.id) == []


def test_a_number_is_kept_and_a_wrong_one_is_refused_in_a_sentence(client, signed, db):
    task = tasks.create(db, name="age", kind=TaskKind.NUMBER, measure="years", low=0, high=120)
    case = annotations.queue(db, task_id=task.id)[0]
    url = signed("/api/labels", task=task.id, by="me")
    for value, words in (
        ({"value": 121}, "121 years is out of range"),
        ({"value": "old"}, "Invalid request"),
        ({}, "needs a number"),
        ({"value": "NaN"}, "nan years is out of range"),
        ({"answer": "label", "label": 0}, "needs a number, not a class"),
    ):
        got = client.post(url, json=answer(case, **{"answer": "value", "label": None, **value}))
        assert (400 <= got.status_code < 500, words in got.json()["error"]) == (True, True), got.json()
    assert annotations.history(db, case.id) == []
    got = client.post(url, json=answer(case, answer="value", label=None, value=61.5)).json()
    assert (got["case"]["answer"], got["case"]["value"], got["progress"]["labelled"]) == ("value", 61.5, 1)


def test_a_case_of_another_task_is_refused(client, signed, db, task):
    other = tasks.create(db, name="other", classes=["a", "b"])
    case = annotations.queue(db, task_id=other.id)[0]
    got = client.post(signed("/api/labels", task=task.id, by="me"), json=answer(case))
    assert "another task" in got.json()["error"]
    assert annotations.history(db, case.id) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"null", b'{"case": 1e999}', b'{"case": 1e30, "key": 1}'])
def test_a_body_that_is_no_answer_is_refused_in_a_sentence(client, signed, task, body):
    for route in ("/api/labels", "/api/undo"):
        got = client.post(signed(route, task=task.id, by="me"), content=body)
        assert 400 <= got.status_code < 500
        assert got.json()["error"].endswith(".")


@pytest.mark.parametrize(("after", "limit"), [("x", "1"), ("1e9", "1"), ("0", "x"), ("9" * 30, "1")])
def test_a_queue_asked_for_nonsense_is_refused_in_a_sentence(client, signed, task, after, limit):
    got = client.get(signed("/api/queue", task=task.id, only="all") + f"&after={after}&limit={limit}")
    assert (got.status_code, got.json()["error"][-1]) == (400, ".")


def test_a_queue_is_never_asked_for_all_at_once(client, signed, task):
    for limit in ("-1", "0"):
        got = client.get(signed("/api/queue", task=task.id, only="all") + f"&limit={limit}")
        assert len(got.json()["cases"]) == 1


def test_another_site_cannot_post(client, signed, db, task):
    case = annotations.queue(db, task_id=task.id)[0]
    url = signed("/api/labels", task=task.id, by="me")
    got = client.post(url, json=answer(case), headers={"Origin": "http://evil.example"})
    assert got.status_code == 403
    assert annotations.history(db, case.id) == []
    assert client.post(url, json=answer(case), headers={"Origin": ORIGIN}).status_code == 200


def test_another_reader_cannot_be_named(client, signed, db, task):
    case = annotations.queue(db, task_id=task.id)[0]
    url = signed("/api/labels", task=task.id, by="me").replace("by=me", "by=chief")
    assert client.post(url, json=answer(case)).status_code == 403
    assert annotations.history(db, case.id) == []


def test_only_the_viewers_own_files_are_served(client):
    version = routes.version()
    assert client.get(f"/api/viewer/{version}/index.js").headers["content-type"].startswith("text/javascript")
    for name in ("..%2fapi.py", "server.py", "%2e%2e%2fconfig.toml"):
        assert client.get(f"/api/viewer/{version}/{name}").status_code == 404


def test_the_mark_of_the_tab_is_ours(client):
    got = client.get("/favicon.png")
    assert (got.status_code, got.headers["content-type"]) == (200, "image/png")
    assert got.content == (routes.DASHBOARD / "icon.png").read_bytes()


def test_a_body_nested_without_end_is_refused_in_one_sentence(client, signed, task):
    url = signed("/api/labels", task=task.id, by="ann")
    got = client.post(url, content="[" * 100_000, headers={"Content-Type": "application/json"})
    assert (got.status_code, got.json()) == (400, {"error": "Invalid request; reload the page."})
