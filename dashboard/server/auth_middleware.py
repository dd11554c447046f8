"""Access control for every request and websocket: who may connect, from where, and the security headers."""

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
    # A page may load from, and send to, this server only.
    "Content-Security-Policy": "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; "
    "form-action 'self'; object-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}


@dataclass
class AuthMiddleware:
    """ASGI middleware: without a token only this machine is served; with one, only clients that sent it."""

    app: ASGIApp
    signer: Signer
    cookie: str
    token: str | None = None
    secure: bool = False
    tries: Tries = field(default_factory=Tries)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a permitted request on; refuse every other."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        session = self._session(headers)
        if not self._is_trusted_origin(scope, headers):
            await self._refuse(scope, receive, send, "Access from this address is not allowed.", 403)
        elif scope["path"] == HEALTH:
            await self.app(scope, receive, self._with_headers(send, None))
        elif self.token is None:
            fresh = None if session or scope["type"] == "websocket" else self._new_session()
            await self.app(scope, receive, self._with_headers(send, fresh))
        elif session and scope["type"] == "http" and token_in(scope):
            await self._redirect(scope, receive, send, session)
        elif session:
            await self.app(scope, receive, self._with_headers(send, None))
        else:
            await self._ask(scope, receive, send, headers)

    def _is_trusted_origin(self, scope: Scope, headers: Headers) -> bool:
        """Return whether the Host is allowed (against DNS rebinding), and for a websocket or post the same origin."""
        host = headers.get("host", "")
        name = _part(f"//{host}", "hostname")
        if not name or (self.token is None and name not in LOOPBACK):
            return False
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            return True
        origin = headers.get("origin")
        is_same_site = headers.get("sec-fetch-site", "none") in ("same-origin", "none")
        return is_same_site and (origin is None or _part(origin, "netloc") == host)

    def _session(self, headers: Headers) -> str:
        """Return the session of the browser if its cookie is valid, else ''."""
        value = session_of(headers.get("cookie", ""), self.cookie)
        name, _, proof = value.partition(".")
        is_valid = bool(name) and constant_time_equal(proof, self.signer.token_for(name, self.token or ""))
        return value if is_valid else ""

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
        """Open a session for the right token in the URL or in the form; answer anything else with the form."""
        shown = await shown_token(scope, receive, headers) if scope["type"] == "http" else ""
        client = (scope.get("client") or ("",))[0]
        if not shown:
            await self._refuse(scope, receive, send, ASK, 401)
        elif self.tries.must_wait(client):
            await self._refuse(scope, receive, send, WAIT, 429)
        elif constant_time_equal(shown, self.token or ""):
            await self._redirect(scope, receive, send, self._new_session())
        else:
            self.tries.failed(client)
            await self._refuse(scope, receive, send, WRONG, 401)

    async def _redirect(self, scope: Scope, receive: Receive, send: Send, session: str) -> None:
        """Redirect to the same page without the token in its address."""
        headers = {"Set-Cookie": self._set_cookie(session), "Cache-Control": "no-store"}
        response = RedirectResponse(without_token(scope), status_code=303, headers=headers)
        await response(scope, receive, self._with_headers(send, None))

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, message_text: str, status: int) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4401})
            return
        await refusal(scope, message_text, status)(scope, receive, self._with_headers(send, None))


def session_of(cookies: str, name: str) -> str:
    """Return the value of the session cookie in a Cookie header, '' where there is none."""
    try:
        morsel = SimpleCookie(cookies).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _part(url: str, name: Literal["hostname", "netloc"]) -> str:
    """Return a part of a URL sent by a client, '' where the URL is invalid."""
    try:
        return str(getattr(urlsplit(url), name) or "")
    except ValueError:
        return ""
