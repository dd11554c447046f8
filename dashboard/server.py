"""The server: Streamlit's pages and our routes in one ASGI app, behind the guard."""

import os
import secrets
import socket
import ssl
import sys
import threading
import tomllib
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.middleware import Middleware
from starlette.requests import Request

from core.errors import InvalidInput, PortInUse
from core.settings import Settings
from dashboard import api, wiring
from dashboard.guard import LOOPBACK, Guard, session_of

if TYPE_CHECKING:
    import streamlit as st

HERE = Path(__file__).parent


def create(settings: Settings, *, port: int, token: str | None, secure: bool = False) -> "st.App":
    """The ASGI app. With a token nothing is served before it is shown."""
    import streamlit as st

    os.environ["ROUNDS_HOME"], os.environ["ROUNDS_PORT"] = str(settings.home), str(port)
    wired = wiring.wire(settings, port)

    def session(request: Request) -> str:
        return session_of(request.headers.get("cookie", ""), wired.cookie)

    routes = api.Api(wired.db, settings, wired.signer, session).routes()
    guard = Middleware(Guard, signer=wired.signer, cookie=wired.cookie, token=token, secure=secure)
    return st.App(HERE / "app.py", routes=routes, middleware=[guard])


def serve(
    settings: Settings, *, host: str = "127.0.0.1", port: int = 8501, browser: bool = True,
    certfile: Path | None = None, keyfile: Path | None = None,
) -> None:  # fmt: skip
    """Serve until stopped.

    Raises:
        PortInUse: another program listens there.
        InvalidInput: an address or a certificate that cannot be used.
    """
    _need_free(host, port)
    _need_certificate(certfile, keyfile)
    token = None if host in LOOPBACK else os.environ.get("ROUNDS_TOKEN") or secrets.token_urlsafe(24)
    app = create(settings, port=port, token=token, secure=certfile is not None)
    shown = f"{'https' if certfile else 'http'}://{'localhost' if host in ('127.0.0.1', '::1') else host}:{port}/"
    address = shown + (f"?token={token}" if token else "")
    print(f"Rounds is open at {address}\nIts home is {settings.home}. Stop it with Ctrl+C.", flush=True)
    if browser:
        threading.Timer(1.0, webbrowser.open, [address]).start()
    sys.argv = [str(HERE / "app.py")]
    app.run(config=_options(host, port, certfile, keyfile))


def _options(host: str, port: int, certfile: Path | None, keyfile: Path | None) -> dict[str, Any]:
    options = dict(_flat(tomllib.loads((HERE / "config.toml").read_text())))
    options |= {"server.address": host, "server.port": port, "server.headless": True}
    if certfile and keyfile:
        options |= {"server.sslCertFile": str(certfile), "server.sslKeyFile": str(keyfile)}
    return options


def _flat(table: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for name, value in table.items():
        pairs += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]
    return pairs


def _need_free(host: str, port: int) -> None:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OverflowError as error:
        raise InvalidInput(f"{port} is not a port; choose one from 1024 to 65535.") from error
    except socket.gaierror as error:
        raise InvalidInput(f"'{host}' is not an address of this machine; use 127.0.0.1, or 0.0.0.0 for all.") from error
    except OSError as error:
        raise PortInUse(
            f"Port {port} on {host} cannot be used ({error.strerror}); choose another with --port N."
        ) from error


def _need_certificate(certfile: Path | None, keyfile: Path | None) -> None:
    if bool(certfile) != bool(keyfile):
        raise InvalidInput("A certificate and its key go together; give both --certfile and --keyfile.")
    if certfile:
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certfile, keyfile)
        except (OSError, ssl.SSLError) as error:
            raise InvalidInput(f"The certificate {certfile} with key {keyfile} cannot be used ({error}).") from error
