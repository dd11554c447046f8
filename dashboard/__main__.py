"""The script `rounds`: `serve` and `demo` here, everything else is core's. Loads neither Streamlit nor torch."""

import gc
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from core import __main__ as core_main
from core.cli.output import Output
from core.cli.parser import Parser, command_of, common
from core.settings import Settings


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    gc.set_threshold(50_000, 20, 50)  # what is loaded now stays: to look through it again and again finds nothing
    argv = list(sys.argv[1:] if argv is None else argv)
    screen = SCREEN.get(command_of(argv))
    return core_main.run(argv, lambda: screen(argv)) if screen else core_main.main(argv)


def _serve(argv: list[str]) -> None:
    parser = Parser(prog="rounds serve", description="Open the dashboard.", parents=[common()])
    parser.add_argument("serve")
    parser.add_argument("--host", default="127.0.0.1", help="any address but this machine's own asks for a token")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--certfile", type=Path)
    parser.add_argument("--keyfile", type=Path)
    asked = parser.parse_args(argv)
    from dashboard.server.app_server import serve

    serve(
        Settings.read(getattr(asked, "home", None)),
        host=asked.host,
        port=asked.port,
        browser=not asked.no_browser,
        certfile=asked.certfile,
        keyfile=asked.keyfile,
    )


def _demo(argv: list[str]) -> Output | None:
    from dashboard import demo

    return demo.run(argv)


SCREEN: dict[str, Callable[[list[str]], Output | None]] = {"serve": _serve, "demo": _demo}

if __name__ == "__main__":
    sys.exit(main())
