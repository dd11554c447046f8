"""Sign-in from another machine: the token in the URL or in a form, a limited number of tries, the sign-in page."""

from collections import deque
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope

FORM_TYPE = "application/x-www-form-urlencoded"
MOST_TRIES, PER_S, MOST_CLIENTS = 10, 60.0, 1000
FORM = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Rounds</title><style>body{font:16px/1.5 system-ui,sans-serif;display:grid;place-items:center;min-height:90vh;
margin:0;background:#f7f8f9;color:#1b2430}form{display:grid;gap:.75rem;width:min(22rem,90vw)}h1{font-size:1.4rem;margin:0}
input,button{font:inherit;padding:.6rem .8rem;border-radius:.4rem;border:1px solid #8a94a0}button{background:#0f6674;
border-color:#0f6674;color:#fff}p{margin:0;color:#4a5562}</style><form method="post"><h1>Rounds</h1>
<p>%s</p><input name="token" type="password" autocomplete="current-password" autofocus aria-label="Token">
<button>Open</button></form></html>"""
ASK = "Enter the access token that was printed when the server started."
WRONG = "Wrong token. The server printed the right one when it started."
WAIT = "Too many wrong tokens from your address. Wait one minute and try again."


@dataclass
class Tries:
    """Recent wrong tokens by client address, so that the guesses of one client do not lock out the others."""

    at: dict[str, deque[float]] = field(default_factory=dict)

    def must_wait(self, client: str) -> bool:
        """Return whether this address sent too many wrong tokens within the last minute."""
        times = self.at.get(client, deque[float]())
        return len(times) == MOST_TRIES and monotonic() - times[0] < PER_S

    def failed(self, client: str) -> None:
        """Record one wrong token."""
        if client not in self.at and len(self.at) >= MOST_CLIENTS:
            self.at.pop(next(iter(self.at)))
        self.at.setdefault(client, deque(maxlen=MOST_TRIES)).append(monotonic())


def token_in(scope: Scope) -> str:
    """Return the token in the URL, '' where there is none."""
    query: dict[str, str] = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    return query.get("token", "")


async def shown_token(scope: Scope, receive: Receive, headers: Headers) -> str:
    """Return the token in the posted form or in the URL, '' where there is none."""
    if scope["method"] == "POST" and headers.get("content-type", "").startswith(FORM_TYPE):
        form: dict[str, str] = dict(parse_qsl((await _body(receive)).decode("utf-8", "replace")))
        return form.get("token", "")
    return token_in(scope)


def without_token(scope: Scope) -> str:
    """Return path and query without the token; with one leading slash, as two would name another server."""
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    rest = urlencode([(name, value) for name, value in query if name != "token"])
    path = "/" + quote(scope["path"]).lstrip("/")
    return f"{path}?{rest}" if rest else path


def refusal(scope: Scope, words: str, status: int) -> Response:
    """Return the refusal: one sentence, and in a browser that may sign in, the form; nothing of the pages behind."""
    # A form sent from a page without any referrer carries the origin "null", which the middleware refuses.
    headers = {"Referrer-Policy": "same-origin", "Cache-Control": "no-store"}
    if status in (401, 429) and "text/html" in Headers(scope=scope).get("accept", ""):
        return HTMLResponse(FORM.replace("%s", words), status, headers)
    return PlainTextResponse(words, status, headers)


async def _body(receive: Receive, most: int = 10_000) -> bytes:
    body = b""
    while len(body) < most:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body
