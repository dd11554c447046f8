"""A home with two pictures and a task, and the routes of a browser that has a session there."""

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from core.services import importing, labeling, tasks, workspace
from core.settings import Settings
from dashboard import api
from dashboard.guard import Guard, session_of
from dashboard.signing import Signer

HERE = "http://127.0.0.1"
PIXELS = (np.arange(48 * 40, dtype=np.uint16) * 31).reshape(48, 40)


@pytest.fixture
def db(tmp_path):
    settings = Settings(tmp_path / "home", f"sqlite:///{tmp_path / 'home' / 'catalogue.sqlite'}")
    db = workspace.open_home(settings)
    (tmp_path / "in").mkdir()
    Image.fromarray(PIXELS).save(tmp_path / "in" / "one.png")
    Image.fromarray(PIXELS.T.copy()).save(tmp_path / "in" / "two.png")
    for _ in importing.run(db, settings, importing.ImportRequest(tmp_path / "in"), by="tester"):
        pass
    db.settings = settings
    yield db
    db.close()


@pytest.fixture
def task(db):
    return tasks.create(db, name="finding", classes=["no", "yes"])


@pytest.fixture
def case(db, task):
    return labeling.queue(db, task_id=task.id)[0]


@pytest.fixture
def signer(db):
    return Signer.of(db.settings)


@pytest.fixture
def client(db, signer):
    def session(request):
        return session_of(request.headers.get("cookie", ""), "rounds_1")

    app = Starlette(
        routes=api.Api(db, db.settings, signer, session).routes(),
        middleware=[Middleware(Guard, signer=signer, cookie="rounds_1")],
    )
    with TestClient(app, base_url=HERE) as client:
        client.get("/")  # the first answer brings the session
        yield client


@pytest.fixture
def signed(client, signer):
    return lambda path, **said: signer.url(path, client.cookies["rounds_1"], **said)
