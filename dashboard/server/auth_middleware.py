"""The door in front of everything, websocket included: who may look, from where, with which headers."""

import secrets
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Literal
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.server.login import ASK, WAIT, WRONG, Tries, refusal, shown_token, token_in, without_token
from dashboard.server.signed_urls import Signer, constant_time_equal

LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")
HEALTH = "/_stcore/health"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Nothing of a page may be fetched from, or sent to, anybody else.
    "Content-Security-Policy": "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; "
    "form-action 'self'; object-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}


@dataclass
class AuthMiddleware:
    """ASGI middleware. Without a token only this machine is served; with one, nothing before it is shown."""

    app: ASGIApp
    signer: Signer
    cookie: str
    token: str | None = None
    secure: bool = False
    tries: Tries = field(default_factory=Tries)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through what may pass."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        session = self._session(headers)
        if not self._from_here(scope, headers):
            await self._refuse(scope, receive, send, "This address is not served here.", 403)
        elif scope["path"] == HEALTH:
            await self.app(scope, receive, self._with_headers(send, None))
        elif self.token is None:
            fresh = None if session or scope["type"] == "websocket" else self._new_session()
            await self.app(scope, receive, self._with_headers(send, fresh))
        elif session and scope["type"] == "http" and token_in(scope):
            await self._lead_on(scope, receive, send, session)
        elif session:
            await self.app(scope, receive, self._with_headers(send, None))
        else:
            await self._ask(scope, receive, send, headers)

    def _from_here(self, scope: Scope, headers: Headers) -> bool:
        """The Host of this machine (a rebound name is not), and of a websocket or a post the same origin."""
        host = headers.get("host", "")
        name = _part(f"//{host}", "hostname")
        if not name or (self.token is None and name not in LOOPBACK):
            return False
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            return True
        origin = headers.get("origin")
        near = headers.get("sec-fetch-site", "none") in ("same-origin", "none")
        return near and (origin is None or _part(origin, "netloc") == host)

    def _session(self, headers: Headers) -> str:
        """The browser's session where its cookie is ours, else ''."""
        value = session_of(headers.get("cookie", ""), self.cookie)
        name, _, proof = value.partition(".")
        good = bool(name) and constant_time_equal(proof, self.signer.token_for(name, self.token or ""))
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

    async def _ask(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        """No session yet: a token in the URL or in the form opens one, anything else gets the form and nothing more."""
        shown = await shown_token(scope, receive, headers) if scope["type"] == "http" else ""
        client = (scope.get("client") or ("",))[0]
        if not shown:
            await self._refuse(scope, receive, send, ASK, 401)
        elif self.tries.must_wait(client):
            await self._refuse(scope, receive, send, WAIT, 429)
        elif constant_time_equal(shown, self.token or ""):
            await self._lead_on(scope, receive, send, self._new_session())
        else:
            self.tries.failed(client)
            await self._refuse(scope, receive, send, WRONG, 401)

    async def _lead_on(self, scope: Scope, receive: Receive, send: Send, session: str) -> None:
        """To the same page, its address without the token."""
        headers = {"Set-Cookie": self._set_cookie(session), "Cache-Control": "no-store"}
        response = RedirectResponse(without_token(scope), status_code=303, headers=headers)
        await response(scope, receive, self._with_headers(send, None))

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, words: str, status: int) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4401})
            return
        await refusal(scope, words, status)(scope, receive, self._with_headers(send, None))


def session_of(cookies: str, name: str) -> str:
    """The session cookie's value in a Cookie header, '' where there is none."""
    try:
        morsel = SimpleCookie(cookies).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _part(url: str, name: Literal["hostname", "netloc"]) -> str:
    """A part of a URL somebody sent, '' where it is none."""
    try:
        return str(getattr(urlsplit(url), name) or "")
    except ValueError:
        return ""
