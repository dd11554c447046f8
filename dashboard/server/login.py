"""Signing in on another address: the token in the URL or in a form, a few tries, and the page that asks."""

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
ASK = "Type the token that was printed when this server was started."
WRONG = "That token is not this server's; it is printed where the server was started."
WAIT = "Too many wrong tokens came from your address; wait a minute and try again."


@dataclass
class Tries:
    """Wrong tokens of late, by address: one stranger's guesses do not lock the others out."""

    at: dict[str, deque[float]] = field(default_factory=dict)

    def must_wait(self, client: str) -> bool:
        """Whether this address guessed too often within the last minute."""
        times = self.at.get(client, deque[float]())
        return len(times) == MOST_TRIES and monotonic() - times[0] < PER_S

    def failed(self, client: str) -> None:
        """Remember one wrong token."""
        if client not in self.at and len(self.at) >= MOST_CLIENTS:
            self.at.pop(next(iter(self.at)))
        self.at.setdefault(client, deque(maxlen=MOST_TRIES)).append(monotonic())


def token_in(scope: Scope) -> str:
    """The token in the URL, '' where there is none."""
    asked: dict[str, str] = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    return asked.get("token", "")


async def shown_token(scope: Scope, receive: Receive, headers: Headers) -> str:
    """The token in the posted form or in the URL, '' where there is none."""
    if scope["method"] == "POST" and headers.get("content-type", "").startswith(FORM_TYPE):
        form: dict[str, str] = dict(parse_qsl((await _body(receive)).decode("utf-8", "replace")))
        return form.get("token", "")
    return token_in(scope)


def without_token(scope: Scope) -> str:
    """Path and query without the token; one slash in front, for two would lead to another server."""
    asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    rest = urlencode([(name, value) for name, value in asked if name != "token"])
    path = "/" + quote(scope["path"]).lstrip("/")
    return f"{path}?{rest}" if rest else path


def refusal(scope: Scope, words: str, status: int) -> Response:
    """The sentence, and for a person who may sign in, the form; not a word of what lies behind."""
    # A form sent from a page without any referrer carries the origin "null", which the guard refuses.
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
