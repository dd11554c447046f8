"""Options of the commands that open the dashboard. The dashboard runs them; `python -m core` refuses."""

from pathlib import Path

from core.cli.parser import Arguments, Handler, Parser
from core.errors import InvalidInput


def add_serve_arguments(parser: Parser) -> None:
    """Add the options of `rounds serve`."""
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="address to listen on (default: %(default)s); any other asks visitors for a token",
    )
    _add_port(parser)
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.add_argument("--certfile", type=Path, metavar="FILE", help="TLS certificate, for HTTPS")
    parser.add_argument("--keyfile", type=Path, metavar="FILE", help="private key of the certificate")
    parser.add_argument(
        "--root",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="folder below which the Import page may choose; repeat it for more (default: your home folder)",
    )


def add_demo_arguments(parser: Parser) -> None:
    """Add the options of `rounds demo`."""
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="random seed of the synthetic patients (default: %(default)s)"
    )
    _add_port(parser)
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.add_argument("--no-serve", action="store_true", help="train both models, print the result and exit")


def refuse(arguments: Arguments) -> None:
    """Refuse to open the dashboard from `python -m core`.

    Raises:
        InvalidInput: always.
    """
    raise InvalidInput(
        f"`python -m core` cannot open the dashboard; run `rounds {arguments.command}` "
        f"or `python -m dashboard {arguments.command}`."
    )


def _add_port(parser: Parser) -> None:
    parser.add_argument("--port", type=int, default=8501, metavar="N", help="TCP port (default: %(default)s)")


HANDLERS = {"serve": Handler(add_serve_arguments, refuse), "demo": Handler(add_demo_arguments, refuse)}
