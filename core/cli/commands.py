"""COMMANDS: every command of `rounds` in one table. A module is imported when one of its commands is run."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from core.cli.aliases import current_names
from core.cli.parser import Arguments, Handler, Parser, UsageError, common_options, sentence, split_words, unknown
from core.lazy_modules import load

DESCRIPTION = "Label medical images, freeze datasets, train models and review them."
USAGE = "rounds [--home DIR] [--json] COMMAND …"


@dataclass(frozen=True, slots=True)
class Command:
    """One command: the module with its `Handler`, a summary in one line, and its group in the help ("" hides it)."""

    module: str
    group: str
    summary: str

    def handler(self, name: str) -> Handler:
        """Return what the command takes and does; imports its module."""
        handler: Handler = load(self.module).HANDLERS[name]
        return handler


COMMANDS: dict[str, Command] = {
    "serve": Command("core.cli.screens", "Start", "open the dashboard in a browser"),
    "demo": Command(
        "core.cli.screens", "Start", "build a workspace of synthetic patients, train two models and open it"
    ),
    "import": Command("core.cli.data", "Data", "import a file or a folder of images"),
    "imports": Command("core.cli.imports", "Data", "list the imports, or undo or repeat one"),
    "show": Command("core.cli.data", "Data", "show what was understood of an image, its picture and its values"),
    "task": Command("core.cli.data", "Data", "create a labelling task"),
    "labels": Command("core.cli.annotation", "Data", "import labels from a CSV, or export them"),
    "drawings": Command(
        "core.cli.annotation", "Data", "import drawings, or export them as COCO, CSV, DICOM SEG or DICOM SR"
    ),
    "persons": Command("core.cli.persons", "Data", "show which patients are one person, and decide about them"),
    "snapshot": Command("core.cli.data", "Data", "split the labelled cases by patient and freeze them as a dataset"),
    "models": Command("core.cli.models", "Training", "list the models"),
    "train": Command("core.cli.training", "Training", "train a model on a snapshot"),
    "estimate": Command("core.cli.training", "Training", "estimate the time and memory of a training"),
    "runs": Command("core.cli.jobs", "Training", "list the runs, or show one"),
    "jobs": Command("core.cli.jobs", "Training", "list the jobs, or cancel or resume one"),
    "predict": Command("core.cli.predictions", "Evaluation", "predict a split with the best checkpoint of a run"),
    "predictions": Command("core.cli.predictions", "Evaluation", "export predictions, or import external ones"),
    "operating-point": Command("core.cli.evaluation", "Evaluation", "choose or show the operating point of a run"),
    "evaluate": Command(
        "core.cli.evaluation", "Evaluation", "compute the metrics of a run with 95 % confidence intervals"
    ),
    "compare": Command("core.cli.comparison", "Evaluation", "compare two runs on the same cases"),
    "subgroups": Command(
        "core.cli.comparison", "Evaluation", "compute a metric for groups of patients, the worst first"
    ),
    "analyze": Command("core.cli.analysis", "Evaluation", "check saliency maps, find shortcuts and label errors"),
    "explain": Command("core.cli.analysis", "Evaluation", "save the saliency map of one image"),
    "backup": Command(
        "core.cli.maintenance", "Maintenance", "write a backup of the workspace, also while it is in use"
    ),
    "restore": Command("core.cli.maintenance", "Maintenance", "restore a backup into an empty home and verify it"),
    "forget": Command("core.cli.maintenance", "Maintenance", "erase a person, and say what remains where"),
    "doctor": Command("core.cli.maintenance", "Maintenance", "check the workspace for problems"),
    "dispatch": Command("core.cli.processes", "", "start the processes of waiting jobs (started by Rounds)"),
    "work": Command("core.cli.processes", "", "run one claimed job in this process (started by the dispatcher)"),
}


def parse(argv: Sequence[str]) -> Arguments:
    """Return the arguments of a command line.

    Raises:
        UsageError: an unknown command or option, or one that is missing.
    """
    argv = current_names(argv)
    before, words = split_words(argv)
    name = next(iter(words), "")
    parser = build_parser(only=name)
    parser.check_options(before)
    if name and name not in COMMANDS:
        visible = [known for known, command in COMMANDS.items() if command.group]
        raise UsageError(f"rounds: {unknown('command', name, visible)}")
    return parser.parse_args(argv)


def build_parser(only: str | None = None) -> Parser:
    """Return the parser of all commands, or with the options of `only` one, which is quicker."""
    parser = Parser(
        prog="rounds",
        description=DESCRIPTION,
        usage=USAGE,
        epilog=_listing(),
        parents=[common_options()],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    group = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", help=argparse.SUPPRESS, prog="rounds", parser_class=Parser
    )
    for name, command in COMMANDS.items():
        if only in (None, name):
            sub = group.add_parser(name, description=sentence(command.summary), parents=[common_options()])
            command.handler(name).add_arguments(sub)
    return parser


class _Version(argparse.Action):
    """Print the version and exit; reads the package's metadata only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        print(f"rounds {version('rounds')}")
        parser.exit()


def _listing() -> str:
    """Return the commands by group, for the end of `rounds --help`."""
    groups = dict.fromkeys(command.group for command in COMMANDS.values() if command.group)
    lines: list[str] = []
    for group in groups:
        lines += [f"{group}:"]
        lines += [f"  {name:<17} {command.summary}" for name, command in COMMANDS.items() if command.group == group]
    return "\n".join([*lines, "", "`rounds COMMAND --help` lists the options of a command."])
