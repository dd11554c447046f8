"""The script `rounds`: `serve` and `demo` here, all other commands in core. Loads neither Streamlit nor torch."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core import __main__ as core_main
from core.cli.parser import Arguments
from core.cli.printing.result import Output
from core.lazy_modules import LazyModule
from core.settings import Settings

if TYPE_CHECKING:
    from dashboard import demo
    from dashboard.server import app_server
else:
    demo = LazyModule("dashboard.demo")
    app_server = LazyModule("dashboard.server.app_server")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    return core_main.main(argv, SCREENS)


def _serve(arguments: Arguments) -> None:
    app_server.serve(
        Settings.read(getattr(arguments, "home", None)),
        host=arguments.host,
        port=arguments.port,
        browser=not arguments.no_browser,
        certfile=arguments.certfile,
        keyfile=arguments.keyfile,
        roots=arguments.root,
    )


def _demo(arguments: Arguments) -> Output | None:
    return demo.run(arguments)


SCREENS: core_main.Screens = {"serve": _serve, "demo": _demo}

if __name__ == "__main__":
    sys.exit(main())
