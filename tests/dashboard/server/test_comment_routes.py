"""Findings, reasons and comments over the routes: once each, by the named reader, and nothing for another site."""

import pytest

from core.services.annotation import annotations, comments, label_classes, tasks
from db.vocabulary import TaskKind
from tests.dashboard.conftest import ORIGIN
from tests.dashboard.server.test_routes import answer


@pytest.fixture
def several(db):
    return tasks.create(db, name="chest", classes=["mass", "effusion"], kind=TaskKind.MULTI)


def comment(case, /, **more):
    return {"case": case.id, "text": "Look here.", "key": "c" * 12, **more}


def standing(db, case):
    return [(one.reader, one.text) for one in comments.of_case(db, case.id)]


def test_findings_are_kept_once_and_stand_in_the_answer_and_in_the_queue(client, signed, db, several):
    case = annotations.queue(db, task_id=several.id)[0]
    findings = {"case": case.id, "answer": "findings", "label": None, "findings": {"0": "present", "1": "uncertain"}}
    for _ in range(3):
        got = client.post(signed("/api/labels", task=several.id, by="me"), json={**findings, "key": "f" * 12})
        assert got.json()["case"]["findings"] == {"0": "present", "1": "uncertain"}
    assert len(annotations.history(db, case.id)) == 1
    queue = client.get(signed("/api/queue", task=several.id, only="labelled")).json()["cases"]
    assert [(one["answer"], one["findings"]) for one in queue] == [("findings", {"0": "present", "1": "uncertain"})]


def test_a_reason_is_kept(client, signed, db, task, case):
    unreadable = answer(case, answer="unreadable", label=None, reason="blur")
    got = client.post(signed("/api/labels", task=task.id, by="me"), json=unreadable)
    assert (got.json()["case"]["answer"], got.json()["case"]["reason"]) == ("unassessable", "blur")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"findings": {"0": "present"}}, "not findings"),
        ({"findings": [1]}, "Invalid request"),
        ({"findings": {"x": "present"}}, "Invalid request"),
        ({"findings": "present"}, "Invalid request"),
        ({"reason": "blur"}, "needs the answer 'cannot be assessed'"),
        ({"answer": "unreadable", "reason": "tired"}, "not on the list"),
    ],
)
def test_what_does_not_fit_the_task_is_a_sentence_and_nothing_is_kept(client, signed, db, task, case, change, words):
    got = client.post(signed("/api/labels", task=task.id, by="me"), json=answer(case, **change))
    assert 400 <= got.status_code < 500
    assert words in got.json()["error"]
    assert annotations.history(db, case.id) == []


def test_a_class_retired_meanwhile_is_refused_in_a_sentence(client, signed, db, task, case):
    label_classes.append(db, task.id, "perhaps")
    label_classes.retire(db, task.id, 1)
    got = client.post(signed("/api/labels", task=task.id, by="me"), json=answer(case))
    assert got.status_code == 422
    assert "'yes' is retired" in got.json()["error"]
    assert annotations.history(db, case.id) == []


def test_a_comment_is_kept_once_and_withdrawn_by_its_writer(client, signed, db, task, case):
    url = signed("/api/comments", task=task.id, by="Dr. Ä")
    for _ in range(3):
        got = client.post(url, json=comment(case, image=case.image_ids[0], frame=0, x=3.5, y=8))
    (written,) = got.json()["comments"]
    assert got.json()["of"] == case.id
    assert (written["reader"], written["text"], written["image"], written["x"], written["y"]) == (
        "Dr. Ä",
        "Look here.",
        case.image_ids[0],
        3.5,
        8.0,
    )
    queue = client.get(signed("/api/queue", task=task.id, only="all")).json()["cases"]
    assert [entry["comments"] for entry in queue] == [1, 0]
    assert client.get(queue[0]["comments_url"]).json() == got.json()
    other = client.post(
        signed("/api/comments", task=task.id, by="bob"),
        json={
            "case": case.id,
            "withdraws": written["id"],
            "key": "w" * 12,
        },
    )
    assert (other.status_code, "only the writer" in other.json()["error"]) == (422, True)
    withdrawn = client.post(url, json={"case": case.id, "withdraws": written["id"], "key": "w" * 12})
    assert withdrawn.json()["comments"] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"text": ""}, "is empty"),
        ({"text": "x" * 2001}, "at most 2,000"),
        ({"text": "a\u0000"}, "control character"),
        ({"key": "x"}, "no valid key"),
        ({"case": 99}, "no case 99"),
        ({"x": 3.5}, "Invalid request"),
        ({"image": 2, "x": 1, "y": 1}, "does not belong to case"),
        ({"image": 1, "x": 1e9, "y": 1}, "is outside image"),
        ({"image": 1, "x": "1e999", "y": 1}, "is outside image"),
        ({"withdraws": 7}, "no comment 7"),
    ],
)
def test_a_wrong_comment_is_refused_in_a_sentence_and_nothing_is_kept(client, signed, db, task, case, change, words):
    got = client.post(signed("/api/comments", task=task.id, by="me"), json=comment(case, **change))
    assert 400 <= got.status_code < 500
    assert words in got.json()["error"]
    assert standing(db, case) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"null", b'{"case": 1e999}'])
def test_a_body_that_is_no_comment_is_refused_in_a_sentence(client, signed, task, body):
    got = client.post(signed("/api/comments", task=task.id, by="me"), content=body)
    assert 400 <= got.status_code < 500
    assert got.json()["error"].endswith(".")


def test_another_site_another_reader_and_another_task_cannot_comment(client, signed, db, task, case):
    url = signed("/api/comments", task=task.id, by="me")
    assert client.post(url, json=comment(case), headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.post(url.replace("by=me", "by=chief"), json=comment(case)).status_code == 403
    assert client.post("/api/comments", json=comment(case)).status_code == 403
    other = tasks.create(db, name="other", classes=["a", "b"])
    foreign = client.post(signed("/api/comments", task=other.id, by="me"), json=comment(case))
    assert "another task" in foreign.json()["error"]
    assert standing(db, case) == []
    assert client.post(url, json=comment(case), headers={"Origin": ORIGIN}).status_code == 200


def test_comments_are_read_by_a_signature_for_their_case_only(client, signed, db, task, case):
    url = signed(f"/api/comments/{case.id}")
    assert client.get(url).json() == {"of": case.id, "comments": []}
    assert client.get(url.replace(f"/{case.id}?", f"/{case.id + 1}?")).status_code == 403
    assert client.get(signed("/api/comments/99")).status_code == 404
