"""The server: the pages and the routes in one ASGI app, behind the access control."""

import errno
import os
import secrets
import socket
import ssl
import sys
import threading
import tomllib
import webbrowser
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.middleware import Middleware
from starlette.requests import Request

from core.errors import InvalidInput, PortInUse
from core.services.imports import leftovers
from core.services.imports.roots import read_roots
from core.settings import Settings
from dashboard import context
from dashboard.server import routes as server_routes
from dashboard.server import streamlit_startup
from dashboard.server.auth_middleware import LOOPBACK, AuthMiddleware, session_of

if TYPE_CHECKING:
    import streamlit as st

DASHBOARD = Path(__file__).parents[1]
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}
NOT_LOCAL = "'{}' is not an address of this machine; use --host 127.0.0.1, or 0.0.0.0 for all."


def create(settings: Settings, *, port: int, token: str | None, secure: bool = False) -> "st.App":
    """Return the ASGI app; with a token it serves only clients that sent it."""
    import streamlit as st

    streamlit_startup.patch_streamlit()
    os.environ["ROUNDS_HOME"], os.environ["ROUNDS_PORT"] = str(settings.home), str(port)
    os.environ["ROUNDS_ROOTS"] = "\n".join(map(str, settings.roots))
    wired = context.build_context(settings, port)
    leftovers.sweep(wired.db, settings)

    def session(request: Request) -> str:
        return session_of(request.headers.get("cookie", ""), wired.cookie)

    routes = server_routes.Api(wired.db, settings, wired.signer, session).routes()
    guard = Middleware(AuthMiddleware, signer=wired.signer, cookie=wired.cookie, token=token, secure=secure)
    return st.App(DASHBOARD / "app.py", routes=routes, middleware=[guard])


def serve(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int = 8501,
    browser: bool = True,
    certfile: Path | None = None,
    keyfile: Path | None = None,
    roots: Sequence[Path] = (),
) -> None:
    """Serve until stopped; the Import page may choose below the `roots`, by default those of the settings.

    Raises:
        PortInUse: another program uses the port.
        InvalidInput: an address, a certificate or a root that cannot be used.
    """
    settings = replace(settings, roots=read_roots(roots) or settings.roots)
    need_free(host, port)
    _need_certificate(certfile, keyfile)
    token = None if host in LOOPBACK else os.environ.get("ROUNDS_TOKEN") or secrets.token_urlsafe(24)
    app = create(settings, port=port, token=token, secure=certfile is not None)
    address = _address(host, port, token, secure=certfile is not None)
    print(f"Rounds is open at {address}\nIts home is {settings.home}. Stop it with Ctrl+C.", flush=True)
    if host in EVERYWHERE:
        print(f"From another machine, use the name of this machine instead of {EVERYWHERE[host]}.", flush=True)
    if browser:
        threading.Timer(1.0, webbrowser.open, [address]).start()
    sys.argv = [str(DASHBOARD / "app.py")]
    streamlit_startup.freeze_gc()
    app.run(config=_options(host, port, certfile, keyfile))


def _address(host: str, port: int, token: str | None, *, secure: bool) -> str:
    """Return the address to open in a browser, which cannot open 0.0.0.0."""
    name = "localhost" if host in LOOPBACK else EVERYWHERE.get(host, f"[{host}]" if ":" in host else host)
    return f"{'https' if secure else 'http'}://{name}:{port}/" + (f"?token={quote(token)}" if token else "")


def _options(host: str, port: int, certfile: Path | None, keyfile: Path | None) -> dict[str, Any]:
    options = dict(_flat(tomllib.loads((DASHBOARD / "config.toml").read_text())))
    options |= {"server.address": host, "server.port": port, "server.headless": True}
    if certfile and keyfile:
        options |= {"server.sslCertFile": str(certfile), "server.sslKeyFile": str(keyfile)}
    return options


def _flat(table: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for name, value in table.items():
        pairs += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]
    return pairs


def need_free(host: str, port: int) -> None:
    """Check that the server can listen on this address and port.

    Raises:
        PortInUse: another program uses the port.
        InvalidInput: no such address, or no such port.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OverflowError as error:
        raise InvalidInput(f"{port} is not a port; choose one from 1024 to 65535.") from error
    except socket.gaierror as error:
        raise InvalidInput(NOT_LOCAL.format(host)) from error
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise InvalidInput(NOT_LOCAL.format(host)) from error
        raise PortInUse(
            f"Port {port} on {host} cannot be used ({error.strerror}); choose another with --port N."
        ) from error


def _need_certificate(certfile: Path | None, keyfile: Path | None) -> None:
    if bool(certfile) != bool(keyfile):
        raise InvalidInput("A certificate needs its key; give both --certfile and --keyfile.")
    if certfile:
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certfile, keyfile)
        except (OSError, ssl.SSLError) as error:
            raise InvalidInput(f"The certificate {certfile} with key {keyfile} cannot be used ({error}).") from error
