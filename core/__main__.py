"""`python -m core`: every command of `rounds` that needs no screen."""

import os
import sys
from collections.abc import Callable, Sequence

from core.cli import data, evaluation, maintenance, output, training
from core.cli.output import Output
from core.cli.parser import Arguments, build_parser
from core.errors import UserError, describe_os_error

COMMANDS: dict[str, Callable[[Arguments], Output | None]] = {
    "serve": maintenance.refuse_screen_command,
    "demo": maintenance.refuse_screen_command,
    "import": data.import_images,
    "task": data.task,
    "label": data.label,
    "labels": data.labels,
    "snapshot": data.snapshot,
    "drawings": data.drawings,
    "train": training.train,
    "measure": training.measure,
    "jobs": training.list_jobs,
    "runs": training.list_runs,
    "predict": training.predict,
    "examine": training.examine,
    "evaluate": evaluation.evaluate,
    "operate": evaluation.operate,
    "compare": evaluation.compare,
    "subgroups": evaluation.subgroups,
    "predictions": evaluation.predictions,
    "explain": evaluation.explain,
    "backup": maintenance.backup,
    "restore": maintenance.restore,
    "doctor": maintenance.doctor,
    "dispatch": maintenance.dispatch,
    "work": maintenance.work,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    argv = list(sys.argv[1:] if argv is None else argv)

    def command() -> Output | None:
        arguments = build_parser().parse_args(argv)
        return COMMANDS[arguments.command](arguments)

    return run(argv, command)


def run(argv: list[str], command: Callable[[], Output | None]) -> int:
    """Do it and show what it says; what fails is one sentence on standard error, and in JSON where asked."""
    as_json = "--json" in argv
    try:
        said = command()
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
            f"This should not have happened ({type(error).__name__}: {error}); ROUNDS_DEBUG=1 shows the details.",
            as_json,
        )
    return output.show(said, as_json) if said is not None else 0


if __name__ == "__main__":
    sys.exit(main())
