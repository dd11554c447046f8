"""The door in front of everything, websocket included: who may look, from where, with which headers."""

import hmac
import secrets
from collections import deque
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from time import monotonic
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.signing import Signer

LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")
HEALTH = "/_stcore/health"
SIGN_IN = "/sign-in"
TRIES, PER_S = 10, 60.0
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Nothing of a page may be fetched from, or sent to, anybody else.
    "Content-Security-Policy": "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; "
    "form-action 'self'; object-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
FORM = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Rounds</title><style>body{font:16px/1.5 system-ui,sans-serif;display:grid;place-items:center;min-height:90vh;
margin:0;background:#f7f8f9;color:#1b2430}form{display:grid;gap:.75rem;width:min(22rem,90vw)}h1{font-size:1.4rem;margin:0}
input,button{font:inherit;padding:.6rem .8rem;border-radius:.4rem;border:1px solid #8a94a0}button{background:#0f6674;
border-color:#0f6674;color:#fff}p{margin:0;color:#4a5562}</style><form method="post" action="/sign-in"><h1>Rounds</h1>
<p>%s</p><input name="token" type="password" autocomplete="current-password" autofocus aria-label="Token">
<button>Open</button></form></html>"""
ASK = "Type the token that was printed when this server was started."


@dataclass
class Guard:
    """ASGI middleware. Without a token only this machine is served; with one, nothing before it is shown."""

    app: ASGIApp
    signer: Signer
    cookie: str
    token: str | None = None
    secure: bool = False
    tries: deque[float] = field(default_factory=lambda: deque(maxlen=TRIES))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through what may pass."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        session = self._session(headers)
        if not self._from_here(scope, headers):
            await self._refuse(scope, receive, send, "This address is not served here.", 403)
        elif (
            scope["path"] == HEALTH or (session and self.token) or (self.token is None and scope["type"] == "websocket")
        ):
            await self.app(scope, receive, self._with_headers(send, None))
        elif self.token is None:
            fresh = None if session else self._new_session()
            await self.app(scope, receive, self._with_headers(send, fresh))
        else:
            await self._ask(scope, receive, send)

    def _from_here(self, scope: Scope, headers: Headers) -> bool:
        """The Host of this machine (a rebound name is not), and of a websocket or a post the same origin."""
        host = headers.get("host", "")
        name = urlsplit(f"//{host}").hostname or ""
        if self.token is None and name not in LOOPBACK:
            return False
        origin = headers.get("origin")
        checked = scope["type"] == "websocket" or scope.get("method") not in ("GET", "HEAD")
        return not checked or origin is None or urlsplit(origin).netloc == host

    def _session(self, headers: Headers) -> str:
        """The browser's session where its cookie is ours, else ''."""
        value = session_of(headers.get("cookie", ""), self.cookie)
        name, _, proof = value.partition(".")
        good = bool(name) and hmac.compare_digest(proof, self.signer.token_for(name, self.token or ""))
        return value if good else ""

    def _new_session(self) -> str:
        name = secrets.token_urlsafe(18)
        return f"{name}.{self.signer.token_for(name, self.token or '')}"

    def _with_headers(self, send: Send, session: str | None) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if session:
                    headers.append("Set-Cookie", self._set_cookie(session))
            await send(message)

        return sending

    def _set_cookie(self, session: str) -> str:
        return f"{self.cookie}={session}; Path=/; HttpOnly; SameSite=Lax{'; Secure' if self.secure else ''}"

    async def _ask(self, scope: Scope, receive: Receive, send: Send) -> None:
        """No session yet: a token in the URL or in the form opens one, anything else gets the form and nothing more."""
        shown = ""
        if scope["type"] == "http":
            query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
            shown = query.get("token", "")
            if scope["path"] == SIGN_IN and scope["method"] == "POST":
                shown = (parse_qs((await _body(receive)).decode("utf-8", "replace")).get("token") or [""])[0]
            if shown and self._is_token(shown):
                rest = urlencode({name: value for name, value in query.items() if name != "token"})
                target = "/" if scope["path"] == SIGN_IN else scope["path"]
                response: Response = RedirectResponse(f"{target}?{rest}" if rest else target, status_code=303)
                response.headers["Set-Cookie"] = self._set_cookie(self._new_session())
                await response(scope, receive, self._with_headers(send, None))
                return
        words = "That token is not this server's; it is printed where the server was started." if shown else ASK
        await self._refuse(scope, receive, send, words, 401)

    def _is_token(self, shown: str) -> bool:
        now = monotonic()
        if len(self.tries) == TRIES and now - self.tries[0] < PER_S:
            return False
        right = hmac.compare_digest(shown.encode(), (self.token or "").encode())
        if not right:
            self.tries.append(now)
        return right

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, words: str, status: int) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4401})
            return
        wants_page = "text/html" in Headers(scope=scope).get("accept", "") or scope["path"] == SIGN_IN
        page = status == 401 and wants_page
        response = HTMLResponse(FORM.replace("%s", words), status) if page else PlainTextResponse(words, status)
        await response(scope, receive, self._with_headers(send, None))


def session_of(cookies: str, name: str) -> str:
    """The session cookie's value in a Cookie header, '' where there is none."""
    try:
        morsel = SimpleCookie(cookies).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


async def _body(receive: Receive, most: int = 10_000) -> bytes:
    body = b""
    while len(body) < most:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body
