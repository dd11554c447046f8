"""Served on another address, an outsider without token or signature gets no byte of a patient."""

import urllib.error
import urllib.request

import numpy as np
import pytest
from PIL import Image

from tests.browser.homes import imported
from tests.browser.servers import standing

FORGED = "sig=" + "0" * 40 + "&until=9999999999"
URLS = [
    "/",
    "/images",
    "/label",
    "/case?run=1",
    "/review",
    "/settings",
    "/?token=guess",
    "/api/pixels/1/0",
    f"/api/pixels/1/0?{FORGED}",
    "/api/pixels/../../catalogue.sqlite",
    "/api/thumbnail/1",
    f"/api/thumbnail/1?{FORGED}",
    "/api/map/abc",
    "/api/queue?task=1&only=all",
    "/api/labels",
    "/api/undo",
    "/api/comments",
    "/api/comments/1",
    f"/api/comments/1?{FORGED}",
    "/api/viewer/x/index.js",
    "/media/1.png",
    "/component/x",
    "/static/index.html",
    "/_stcore/host-config",
    "/_stcore/upload_file/x/y",
    "/_stcore/metrics",
    "/originals/",
    "/%2e%2e/catalogue.sqlite",
]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with one picture of a patient."""
    folder = tmp_path_factory.mktemp("outsider")
    Image.fromarray((np.arange(4096).reshape(64, 64) % 251).astype(np.uint8)).save(folder / "patient.png")
    return imported(folder / "home", folder / "patient.png")


@pytest.fixture(scope="module")
def elsewhere(home):
    with standing(home, host="127.0.0.2") as server:
        yield server


def get(url, headers=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_an_outsider_gets_nothing_from_28_urls_and_the_websocket(elsewhere):
    assert len(URLS) == 28
    for path in URLS:
        status, body = get(elsewhere.url + path)
        assert status in (401, 403), (path, status)
        assert len(body) < 200, path
    assert websocket_is_refused(elsewhere.url.replace("http", "ws") + "/_stcore/stream")


def websocket_is_refused(url):
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    try:
        with connect(url):
            return False
    except InvalidStatus as refused:
        return refused.response.status_code in (401, 403)


def test_the_token_opens_once_and_a_signature_holds_in_one_browser_only(elsewhere):
    status, _ = get(f"{elsewhere.url}/?token={elsewhere.token}")
    assert status == 401  # the redirect leads on, and without the cookie it set there is nothing
    jar = urllib.request.HTTPCookieProcessor()
    opener = urllib.request.build_opener(jar)
    assert opener.open(f"{elsewhere.url}/?token={elsewhere.token}", timeout=10).status == 200
    cookie = next(iter(jar.cookiejar))
    from core.settings import Settings
    from dashboard.server.signed_urls import Signer

    url = Signer.of(Settings.read(elsewhere.home)).url("/api/pixels/1/0", cookie.value)
    assert len(opener.open(elsewhere.url + url, timeout=10).read()) == 4096
    assert get(elsewhere.url + url)[0] == 401
    old = Signer.of(Settings.read(elsewhere.home)).url("/api/pixels/1/0", cookie.value, now=0)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        opener.open(elsewhere.url + old, timeout=10)
    other = url.replace("/1/0", "/1/1")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        opener.open(elsewhere.url + other, timeout=10)


def test_on_this_machine_a_rebound_name_is_refused(home, serve):
    server = serve(home)
    assert get(server.url + "/")[0] == 200
    assert get(server.url + "/", {"Host": "evil.example"})[0] == 403
    assert get(server.url + "/api/pixels/1/0")[0] == 403
