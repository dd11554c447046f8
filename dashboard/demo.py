"""`rounds demo`: make the demo's home, then open it while the second model still trains."""

import os
import sys
import time
from typing import Any

from core.cli import output
from core.cli.output import Output
from core.cli.parser import SCREEN, Parser, common
from core.jobs.local import LocalLauncher
from core.services.workspace import demo, home, tour
from core.services.workspace.demo import Step
from core.settings import Settings
from dashboard.server import app_server

HOST = "127.0.0.1"


def run(argv: list[str]) -> Output | None:
    """Make it and serve it; with --no-serve wait for both models and tell where everything is."""
    asked = _parser().parse_args(argv)
    home = getattr(asked, "home", None) or os.environ.get("ROUNDS_HOME") or demo.HOME
    settings = Settings.read(home)
    if not asked.no_serve:
        app_server.need_free(HOST, asked.port)  # told before a minute of work, not after
    if asked.no_serve:
        made = _make(settings, seed=asked.seed, models=len(demo.SPECS))
        return made if not made["broken"] else {**made, "error": made["broken"]}
    if broken := _make(settings, seed=asked.seed, models=1)["broken"]:
        print(broken, file=sys.stderr)  # the dashboard is where it is mended
    app_server.serve(settings, host=HOST, port=asked.port, browser=not asked.no_browser)
    return None


def _parser() -> Parser:
    parser = Parser(prog="rounds demo", description=SCREEN["demo"], parents=[common()])
    parser.add_argument("demo")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="other patients, other truths (default: 0)")
    parser.add_argument("--port", type=int, default=8501, metavar="N")
    parser.add_argument("--no-browser", action="store_true", help="serve, but open no browser")
    parser.add_argument("--no-serve", action="store_true", help="wait for both models, then end")
    return parser


def _make(settings: Settings, *, seed: int, models: int) -> dict[str, Any]:
    began, db, launcher = time.monotonic(), home.open_home(settings), LocalLauncher(settings)
    tell = _Teller()
    for step in demo.make(db, settings, launcher, seed=seed):
        tell(step)
    for step in demo.waiting(db, launcher, models=models):
        tell(step)
    output.progress("")
    made = {
        "home": str(settings.home),
        "key": str(tour.key_file(settings)),
        "seed": seed,
        "seconds": round(time.monotonic() - began, 1),
        "broken": demo.broken(db),
    }
    db.close()
    return made


class _Teller:
    """A line for each stage; on a terminal also how far it is."""

    def __init__(self) -> None:
        self.text = ""

    def __call__(self, step: Step) -> None:
        if step.text != self.text:
            output.progress("")
            print(f"{step.text} …", file=sys.stderr, flush=True)
            self.text = step.text
        output.progress(f"  {step.done} of {step.of}" if step.of else "")
