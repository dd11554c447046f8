"""The door: on this machine only this machine, elsewhere only with the token, and the headers on everything."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from dashboard.server import login
from dashboard.server.auth_middleware import HEALTH, AuthMiddleware
from dashboard.server.signed_urls import Signer

TOKEN = "the-printed-token"
ELSEWHERE = "http://10.0.0.5:8501"
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


async def inside(request):
    return PlainTextResponse("inside")


async def talk(websocket):
    await websocket.accept()
    await websocket.send_text("inside")
    await websocket.close()


def client_of(base_url, *, client=("10.0.0.9", 50000), **guard):
    routes = [WebSocketRoute("/_stcore/stream", talk), Route("/{path:path}", inside, methods=["GET", "POST", "PUT"])]
    middleware = [Middleware(AuthMiddleware, signer=Signer(b"k" * 32), cookie="rounds_1", **guard)]
    return TestClient(Starlette(routes=routes, middleware=middleware), base_url, follow_redirects=False, client=client)


@pytest.fixture
def local():
    return client_of("http://localhost:8501")


@pytest.fixture
def elsewhere():
    return client_of(ELSEWHERE, token=TOKEN)


def websocket_opens(client, **headers):
    address = str(client.base_url).replace("http", "ws", 1)  # a bare path would be asked of Starlette's "testserver"
    try:
        with client.websocket_connect(f"{address}/_stcore/stream", headers=headers) as socket:
            return socket.receive_text() == "inside"
    except (WebSocketDisconnect, WebSocketDenialResponse):
        return False


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "localhost:8501", "[::1]:8501", "127.0.0.1:1"])
def test_this_machine_is_let_in_by_all_its_names(local, host):
    assert local.get("/", headers={"Host": host}).text == "inside"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "10.0.0.5", "", "[", "user@evil.example"])
def test_any_other_name_is_refused(local, host):
    assert local.get("/", headers={"Host": host}).status_code == 403
    assert not websocket_opens(local, Host=host)


def test_locally_every_browser_gets_a_session_of_its_own_once(local):
    first = local.get("/")
    assert "HttpOnly" in first.headers["set-cookie"]
    assert "SameSite" in first.headers["set-cookie"]
    assert "Secure" not in first.headers["set-cookie"]
    assert "set-cookie" not in local.get("/images").headers
    other = client_of("http://localhost:8501").get("/").headers["set-cookie"]
    assert other.split(";")[0] != first.headers["set-cookie"].split(";")[0]


@pytest.mark.parametrize("cookie", ["rounds_1=made-up.by-somebody", "rounds_1=", 'rounds_1="a.\\344"', "rounds_1=x"])
def test_a_forged_session_is_none(local, elsewhere, cookie):
    assert "set-cookie" in local.get("/", headers={"Cookie": cookie}).headers
    assert elsewhere.get("/", headers={"Cookie": cookie}).status_code == 401
    assert not websocket_opens(elsewhere, Cookie=cookie)


def test_a_session_of_this_machine_is_none_elsewhere(local, elsewhere):
    local.get("/")
    assert elsewhere.get("/", headers={"Cookie": f"rounds_1={local.cookies['rounds_1']}"}).status_code == 401


@pytest.mark.parametrize("path", ["/", "/label", "/media/1.png", "/component/x", "/_stcore/host-config", "/api/queue"])
def test_elsewhere_nothing_is_shown_without_the_token(elsewhere, path):
    for address in (path, f"{path}?token=guess", f"{path}?token=", f"{path}?token=%E4"):
        answer = elsewhere.get(address)
        assert (answer.status_code, "inside" in answer.text) == (401, False)
        assert "set-cookie" not in answer.headers
    assert not websocket_opens(elsewhere)


def test_elsewhere_only_the_health_is_told(elsewhere):
    assert elsewhere.get(HEALTH).status_code == 200
    assert elsewhere.get(f"{HEALTH}/").status_code == 401


def test_the_token_in_the_url_opens_a_session_and_leaves_the_url(elsewhere):
    answer = elsewhere.get(f"/images?site=a&token={TOKEN}&site=b&after=")
    assert (answer.status_code, answer.headers["location"]) == (303, "/images?site=a&site=b&after=")
    assert elsewhere.get("/images").text == "inside"
    assert websocket_opens(elsewhere)
    again = elsewhere.get(f"/label?token={TOKEN}")  # the printed address, opened once more
    assert (again.status_code, again.headers["location"]) == (303, "/label")


@pytest.mark.parametrize("path", ["//evil.example/", "///evil.example", "/\\evil.example", "/%2fevil.example"])
def test_the_token_leads_to_no_other_server(elsewhere, path):
    to = elsewhere.get(f"{ELSEWHERE}{path}?token={TOKEN}").headers["location"]
    assert to.startswith("/")
    assert to[1] not in "/\\"


def test_the_form_leads_to_the_page_that_was_asked_for(elsewhere):
    form = elsewhere.get("/review?run=3", headers=BROWSER)
    assert (form.status_code, 'type="password"' in form.text) == (401, True)
    # The default of our pages, no-referrer, would make the browser post the form with the origin "null".
    assert form.headers["referrer-policy"] == "same-origin"
    posted = elsewhere.post("/review?run=3", data={"token": TOKEN}, headers={"Origin": ELSEWHERE})
    assert (posted.status_code, posted.headers["location"]) == (303, "/review?run=3")
    assert elsewhere.get("/review?run=3").text == "inside"


def test_a_wrong_token_in_the_form_says_so(elsewhere):
    answer = elsewhere.post("/", data={"token": "not this one"}, headers=BROWSER)
    assert (answer.status_code, login.WRONG in answer.text) == (401, True)
    assert "not this one" not in answer.text


def test_many_wrong_tokens_make_one_address_wait_and_no_other(elsewhere, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(login, "monotonic", lambda: now[0])
    for _ in range(login.MOST_TRIES):
        assert elsewhere.get("/?token=guess").status_code == 401
    waits = elsewhere.get(f"/?token={TOKEN}")
    assert (waits.status_code, waits.text) == (429, login.WAIT)
    other = TestClient(elsewhere.app, ELSEWHERE, follow_redirects=False, client=("10.0.0.10", 50000))
    assert other.get(f"/?token={TOKEN}").status_code == 303
    now[0] += login.PER_S
    assert elsewhere.get(f"/?token={TOKEN}").status_code == 303


def test_guesses_from_everywhere_fill_no_memory():
    tries = login.Tries()
    for number in range(3 * login.MOST_CLIENTS):
        tries.failed(str(number))
    assert len(tries.at) == login.MOST_CLIENTS


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:9999", "http://[", "localhost:8501"]
)
def test_another_origin_posts_nothing_and_opens_no_websocket(local, origin):
    local.get("/")
    for send in (local.post, local.put):
        assert send("/api/labels", headers={"Origin": origin}).status_code == 403
    assert not websocket_opens(local, Origin=origin)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_posts_nothing_though_it_names_no_origin(local, site):
    assert local.post("/api/labels", headers={"Sec-Fetch-Site": site}).status_code == 403


def test_the_own_origin_posts_and_opens_the_websocket(local):
    headers = {"Origin": "http://localhost:8501", "Sec-Fetch-Site": "same-origin"}
    assert local.post("/api/labels", headers=headers).text == "inside"
    assert websocket_opens(local, **headers)


def test_every_answer_carries_the_headers_the_refused_ones_too(local, elsewhere):
    for answer in (local.get("/"), elsewhere.get("/"), local.get("/", headers={"Host": "evil.example"})):
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert local.get("/").headers["referrer-policy"] == "no-referrer"


def test_under_tls_the_session_never_travels_in_the_clear():
    assert "Secure" in client_of("https://localhost:8501", secure=True).get("/").headers["set-cookie"]
