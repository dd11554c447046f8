"""The only builder of what pages and routes share: settings, catalogue, launcher, signer. One set per process."""

import os
from dataclasses import dataclass
from functools import lru_cache

from core.jobs.launcher import Launcher
from core.jobs.local import LocalLauncher
from core.services.workspace import home
from core.settings import Settings
from dashboard.server.signed_urls import Signer
from db import Database

NAMES = ("HOME", "ROUNDS_HOME", "ROUNDS_DATABASE_URL", "ROUNDS_ROOTS")


@dataclass(frozen=True)
class AppContext:
    """What pages and routes share in one process."""

    settings: Settings
    db: Database
    launcher: Launcher
    signer: Signer
    cookie: str


@lru_cache(maxsize=4)
def build_context(settings: Settings, port: int) -> AppContext:
    """Open the home once. The cookie carries the port: two servers on one machine must not share a session."""
    db = home.open_home(settings)
    return AppContext(settings, db, LocalLauncher(settings), Signer.of(settings), f"rounds_{port}")


def app_context() -> AppContext:
    """Return what this process serves: `dashboard.server.app_server` put its home and port into the environment."""
    return build_context(_settings(*map(os.environ.get, NAMES)), int(os.environ.get("ROUNDS_PORT", "8501")))


@lru_cache(maxsize=4)
def _settings(*_named: str | None) -> Settings:
    """Read the settings once per environment: a page needs them dozens of times."""
    return Settings.read()
