"""Another site in the reader's own browser, with an address that it should not know: nothing is said in their name."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from core.services.annotation import annotations, comments
from tests.browser.test_answers import keys, reading, sent

__all__ = ["reading"]
pytestmark = pytest.mark.browser
POST = """([url, said]) => fetch(url, {
    method: "POST", mode: "no-cors", credentials: "include", body: JSON.stringify(said),
}).then(answer => answer.status, () => "its answer is kept from the site")"""


@pytest.fixture
def elsewhere():
    """An empty page of another origin on this machine: the browser sends our cookie along from there."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Empty)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_another_site_answers_undoes_and_comments_nothing(reading, page, elsewhere):
    tab = reading()
    case = tab.cases[0].id
    keys(page, "2")
    sent(page)
    paths = page.locator(".rv-root").evaluate("node => node.roundsViewer.viewer.data.api")
    server = tab.url.split("/label")[0]
    letters = {
        "labels": {"case": case, "answer": "label", "label": 0, "key": "from another site"},
        "undo": {"case": case, "key": "from another site"},
        "comments": {"case": case, "text": "Not mine.", "key": "from another site"},
    }
    page.goto(elsewhere)
    for kind, script in letters.items():
        assert page.evaluate(POST, [server + paths[kind], script]) == "its answer is kept from the site"
    assert [one.text for one in annotations.history(tab.db, case)] == ["some"]
    assert comments.of_case(tab.db, case) == []
    page.goto(tab.url)
    expect(page.locator(".rv-title")).to_contain_text("1 of 12")
    for kind, script in letters.items():  # the same addresses do in the reader's own page
        assert page.evaluate(POST, [server + paths[kind], script]) == 200, kind
    assert [one.text for one in comments.of_case(tab.db, case)] == ["Not mine."]
