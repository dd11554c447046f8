"""`python -m core`: every command of `rounds` that needs no screen."""

import atexit
import gc
import os
import sys
from collections.abc import Callable, Sequence

from core.cli.commands import COMMANDS, parse
from core.cli.parser import Arguments, UsageError
from core.cli.printing import output
from core.cli.printing.result import FailedWithReport, Output
from core.errors import UserError, describe_os_error

Screens = dict[str, Callable[[Arguments], Output | None]]


def main(argv: Sequence[str] | None = None, screens: Screens | None = None) -> int:
    """Run one command; return the exit code.

    Args:
        argv: The command line without the program; that of the process by default.
        screens: Commands that the dashboard runs itself, in place of those of the table.
    """
    gc.set_threshold(50_000, 20, 50)  # most objects live as long as the process: frequent collections free nothing
    atexit.register(gc.freeze)  # nor does the last one, and it would take a tenth of a second
    argv = list(sys.argv[1:] if argv is None else argv)

    def command() -> Output | None:
        arguments = parse(argv)
        name = arguments.command
        return (screens or {}).get(name, COMMANDS[name].handler(name).run)(arguments)

    return run(argv, command)


def run(argv: Sequence[str], command: Callable[[], Output | None]) -> int:
    """Run a command and print its result; an error is one sentence on standard error, and in the JSON.

    Returns:
        0, or 1 where the command failed, 2 where its command line is wrong, 130 where it was interrupted.
    """
    as_json = "--json" in argv
    try:
        result = command()
        return output.show(result, as_json) if result is not None else 0
    except UsageError as error:
        return output.fail(str(error), as_json, code=2)
    except FailedWithReport as error:
        return output.fail(str(error), as_json, report={**error.report, "error": str(error)})
    except UserError as error:
        return output.fail(str(error), as_json)
    except OSError as error:
        if os.environ.get("ROUNDS_DEBUG"):
            raise
        return output.fail(describe_os_error(error), as_json)
    except KeyboardInterrupt:
        print("Stopped; what was done so far is kept.", file=sys.stderr)
        return 130
    except Exception as error:
        if os.environ.get("ROUNDS_DEBUG"):
            raise
        return output.fail(
            f"Internal error ({type(error).__name__}: {error}). Set ROUNDS_DEBUG=1 to see where it happened.",
            as_json,
        )


if __name__ == "__main__":
    sys.exit(main())
