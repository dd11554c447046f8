"""`rounds demo`: build the demo's workspace, then open it while the second model still trains."""

import os
import sys
import time
from typing import Any

from core.cli.parser import Arguments
from core.cli.printing.progress import progress
from core.cli.printing.result import FailedWithReport, Output
from core.jobs.local import LocalLauncher
from core.services.workspace import demo, home, tour
from core.settings import Settings
from dashboard.server import app_server

HOST = "127.0.0.1"


def run(arguments: Arguments) -> Output | None:
    """Build the demo and serve it; with --no-serve wait for both models and return where everything is."""
    folder = getattr(arguments, "home", None) or os.environ.get("ROUNDS_HOME") or demo.HOME
    settings = Settings.read(folder)
    if arguments.no_serve:
        result = _build(settings, seed=arguments.seed, models=len(demo.SPECS))
        if result["broken"]:
            raise FailedWithReport(result["broken"], result)
        return result
    app_server.need_free(HOST, arguments.port)  # before a minute of work, not after it
    if broken := _build(settings, seed=arguments.seed, models=1)["broken"]:
        print(broken, file=sys.stderr)  # the dashboard opens all the same: the job can be resumed there
    app_server.serve(settings, host=HOST, port=arguments.port, browser=not arguments.no_browser)
    return None


def _build(settings: Settings, *, seed: int, models: int) -> dict[str, Any]:
    """Build the workspace and wait for the first `models` of its models."""
    started, db, launcher = time.monotonic(), home.open_home(settings), LocalLauncher(settings)
    with progress(stages=True) as update:
        for step in demo.make(db, settings, launcher, seed=seed):
            update(step.text, step.done, step.of)
        for step in demo.wait_for_models(db, launcher, models=models):
            update(step.text, step.done, step.of)
    result = {
        "home": str(settings.home),
        "key": str(tour.key_file(settings)),
        "seed": seed,
        "seconds": round(time.monotonic() - started, 1),
        "broken": demo.first_failure(db),
    }
    db.close()
    return result
