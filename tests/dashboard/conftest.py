"""A home with two pictures and a task, and the routes of a browser that has a session there."""

import shutil

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from core.services.annotation import annotations, tasks
from core.services.imports import import_files, import_request
from core.services.workspace import home
from core.settings import Settings
from dashboard.server import routes
from dashboard.server.auth_middleware import AuthMiddleware, session_of
from dashboard.server.signed_urls import Signer
from tests.core.conftest import filled_once, trained_once

__all__ = ["filled_once", "trained_once"]

ORIGIN = "http://127.0.0.1"
PIXELS = (np.arange(48 * 40, dtype=np.uint16) * 31).reshape(48, 40)


@pytest.fixture(scope="session")
def imported(tmp_path_factory):
    """A home with the two pictures, read once: a child process starts slowly."""
    folder = tmp_path_factory.mktemp("imported")
    settings, source = settings_of(folder), pictures(folder / "in")
    db = home.open_home(settings)
    for _ in import_files.run(db, settings, import_request.ImportRequest(source), by="tester"):
        pass
    db.close()
    return settings.home


@pytest.fixture(scope="session")
def labelled_pictures(tmp_path_factory):
    """A home with 24 pictures of twelve patients, labelled in task 'finding'; to be copied, never changed."""
    folder = tmp_path_factory.mktemp("labelled")
    settings, source = settings_of(folder), folder / "pictures"
    source.mkdir()
    lines = ["file,patient_id,finding"]
    for number in range(24):
        pixels = np.random.default_rng(number).integers(0, 255, (32, 40), dtype=np.uint8)
        Image.fromarray(pixels).save(source / f"{number}.png")
        lines.append(f"{number}.png,patient-{number // 2},{'ab'[number // 2 % 2]}")
    (source / "labels.csv").write_text("\n".join(lines))
    db = home.open_home(settings)
    request = import_request.ImportRequest(
        source, metadata=source / "labels.csv", task="finding", label_column="finding"
    )
    for report in import_files.run(db, settings, request, by="tester"):
        assert not report.refused
    db.close()
    return settings.home


@pytest.fixture
def db(tmp_path, imported):
    pictures(tmp_path / "in")
    shutil.copytree(imported, tmp_path / "home")
    settings = settings_of(tmp_path)
    db = home.open_home(settings)
    db.settings = settings
    yield db
    db.close()


def settings_of(folder):
    return Settings(folder / "home", f"sqlite:///{folder / 'home' / 'catalogue.sqlite'}")


def pictures(folder):
    folder.mkdir()
    Image.fromarray(PIXELS).save(folder / "one.png")
    Image.fromarray(PIXELS.T.copy()).save(folder / "two.png")
    return folder


@pytest.fixture
def task(db):
    return tasks.create(db, name="finding", classes=["no", "yes"])


@pytest.fixture
def case(db, task):
    return annotations.queue(db, task_id=task.id)[0]


@pytest.fixture
def signer(db):
    return Signer.of(db.settings)


@pytest.fixture
def client(db, signer):
    def session(request):
        return session_of(request.headers.get("cookie", ""), "rounds_1")

    app = Starlette(
        routes=routes.Api(db, db.settings, signer, session).routes(),
        middleware=[Middleware(AuthMiddleware, signer=signer, cookie="rounds_1")],
    )
    with TestClient(app, base_url=ORIGIN) as client:
        client.get("/")  # the first answer brings the session
        yield client


@pytest.fixture
def signed(client, signer):
    return lambda path, **query: signer.url(path, client.cookies["rounds_1"], **query)
