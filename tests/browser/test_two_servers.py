"""Two servers on one home, on two ports: every answer once, every job once, each browser session its own."""

import re
import threading

import numpy as np
import pytest
from PIL import Image as Picture
from playwright.sync_api import expect

from core.jobs import job_queue
from core.jobs.local import LocalLauncher
from core.services.annotation import annotations, tasks
from core.services.imports import import_files, import_request
from core.services.imports.import_request import ImportRequest
from core.services.workspace import home
from core.settings import Settings
from db.vocabulary import JobState
from tests.browser.test_labelling import current, painted
from tests.faults.places import Asleep, Served, home_at, pictures, until
from tests.faults.watch import Watch

EACH, IMPORTS = 40, 4


def test_answers_given_at_both_are_kept_once_each(tmp_path):
    with home_at(tmp_path / "home") as home:
        home.take(pictures(tmp_path / "some", 8))
        task = tasks.create(home.db, name="kind", classes=["a", "b"])
        cases = annotations.queue(home.db, task_id=task.id)
        answers = {f"answer-{number:04}": (cases[number % 8], number % 2) for number in range(2 * EACH)}
        with Served(home, tmp_path / "one.txt") as primary, Served(home, tmp_path / "two.txt") as two:
            refused: list[str] = []

            def give(first: Served, second: Served, keys: list[str]) -> None:
                for key in keys:  # sent to both, as by a reader whose page moved before the first had answered
                    got = [server.label(*answers[key], key=key) for server in (first, second)]
                    refused.extend(answer.text for answer in got if answer.status_code != 200)

            keys = list(answers)
            readers = [
                threading.Thread(target=give, args=(primary, two, keys[:EACH])),
                threading.Thread(target=give, args=(two, primary, keys[EACH:])),
            ]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
            assert refused == []
            address = primary.signed("/api/labels", task=task.id, by="tester")
            foreign = two.client.post(
                address, json={"case": cases[0].id, "answer": "label", "label": 0, "key": "x" * 8}
            )
            assert foreign.status_code == 403  # a session of one port is none of the other's
        for case in cases:
            texts = sorted(one.text for one in annotations.history(home.db, case.id))
            assert texts == sorted("ab"[position] for other, position in answers.values() if other.id == case.id)


@pytest.fixture
def filled(tmp_path):
    """A task of ten images, and imports that wait for somebody to start them."""
    settings = Settings.read(tmp_path / "home")
    db = home.open_home(settings)
    *_, report = import_files.run(db, settings, ImportRequest(pictures(tmp_path / "some", 10)), by="tester")
    assert report.imported == 10
    task = tasks.create(db, name="kind", classes=["a", "b"])
    ids = []
    for number in range(IMPORTS):
        folder = tmp_path / f"import {number}"
        folder.mkdir()
        for each in range(20):
            grey = np.random.default_rng([number, each]).integers(0, 255, (16, 16), dtype=np.uint8)
            Picture.fromarray(grey).save(folder / f"{each}.png")
        ids.append(
            import_request.submit(db, settings, ImportRequest(folder), by="t", key=str(number), launcher=Asleep())
        )
    yield settings, db, task, ids
    until(lambda: not any(LocalLauncher(settings).alive(job_id) for job_id in ids))
    db.close()


@pytest.mark.slow
@pytest.mark.browser
def test_pages_of_both_see_every_job_run_once_and_every_answer(filled, page, serve):
    settings, db, task, ids = filled
    servers = [serve(settings.home) for _ in range(2)]
    with Watch(settings.home) as watch:
        watchers = [page.context.new_page() for _ in servers]
        for server, watcher in zip(
            servers, watchers, strict=True
        ):  # each looks every second, and wakes who starts jobs
            watcher.goto(f"{server.url}/import?job={ids[-1]}")
        for watcher in watchers:
            expect(watcher.get_by_text("20 files", exact=False).first).to_be_visible()
            expect(watcher.get_by_role("heading", name=re.compile(r"^Import \d+"))).to_be_visible()
        watch.check()
    assert [(job_queue.get(db, job_id).state, job_queue.get(db, job_id).attempt) for job_id in ids] == [
        (JobState.SUCCEEDED, 1)
    ] * IMPORTS
    assert watch.attempts
    assert [job_queue.get(db, job_id).result["imported"] for job_id in ids] == [20] * IMPORTS

    other = page.context.new_page()  # one browser, both servers: their sessions do not disturb each other
    given = []
    page.goto(f"{servers[0].url}/label?task={task.id}")
    painted(page)
    other.goto(f"{servers[1].url}/label?task={task.id}&only=all")
    for at, key in ((page, "1"), (other, "2")) * 3:
        painted(at)
        given.append((current(at), "ab"[int(key) - 1]))
        at.keyboard.press(key)
        expect(at.locator(".rv-root")).to_have_attribute("data-waiting", "0")
    cases = annotations.queue(db, task_id=task.id)
    assert sorted((case.id, one.text) for case in cases for one in annotations.history(db, case.id)) == sorted(given)
