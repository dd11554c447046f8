"""`python -m core.cli.reference`: write REFERENCE.md from the parser. A test fails where the two differ."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from core.cli.commands import COMMANDS, DESCRIPTION, build_parser
from core.cli.parser import Parser, common_options, sentence
from core.cli.train_settings import accepted_values, default_text
from core.training.spec import PRESETS, hyperparameters

DEFAULT = r"\(default: ([^)]*)\)"
PATH = Path(__file__).with_name("REFERENCE.md")
HEAD = f"""# The command line of Rounds

{DESCRIPTION} Written by `python -m core.cli.reference`; do not edit.

Every command takes `--home DIR`, the folder of the workspace (default: `ROUNDS_HOME`, else `~/rounds`), and `--json`,
which prints the result as JSON; `rounds --version` prints the version. Exit codes: 0 success, 1 the command failed,
2 the command line is wrong, 130 interrupted. An error is one sentence on standard error, and with `--json` also
`{{"error": …}}` on standard output."""


def reference() -> str:
    """Return the reference as Markdown."""
    return "\n".join([HEAD, *_commands(), *_settings(), *_presets()]) + "\n"


def _commands() -> Iterator[str]:
    parsers = _subparsers(build_parser())
    for group in dict.fromkeys(command.group for command in COMMANDS.values() if command.group):
        yield f"\n## {group}"
        for name, command in COMMANDS.items():
            if command.group == group:
                yield from _command(parsers[name], f"{sentence(command.summary)}")


def _command(parser: Parser, summary: str) -> Iterator[str]:
    """Yield the section of a command, and one for each of its verbs."""
    level = "###" if parser.prog.count(" ") == 1 else "####"
    yield f"\n{level} {parser.prog}\n\n{summary}"
    rows = [_row(action) for action in parser._actions if _is_own(action)]
    if rows:
        yield "\n| option | values | default | meaning |\n|---|---|---|---|"
        yield from rows
    for verb in _subparsers(parser).values():
        yield from _command(verb, verb.description or "")


def _subparsers(parser: Parser) -> dict[str, Parser]:
    """Return the parsers of the commands or verbs of a parser, by name."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return {name: verb for group in groups for name, verb in group.choices.items()}


def _is_own(action: argparse.Action) -> bool:
    common = {option for parent in common_options()._actions for option in parent.option_strings}
    return not (isinstance(action, argparse._SubParsersAction) or common & {*action.option_strings}) and (
        action.dest != "help"
    )


def _row(action: argparse.Action) -> str:
    """Return the row of an option; its default is the one that its help names."""
    text = (action.help or "") % vars(action)
    default = "required" if action.required else ", ".join(re.findall(DEFAULT, text))
    if not action.option_strings:
        name, values = str(action.metavar or action.dest), action.choices or ()
    else:
        name, values = action.option_strings[-1], action.choices or ([] if action.nargs == 0 else [action.metavar])
    cells = (", ".join(map(str, values)), default, re.sub(rf"\s*{DEFAULT}", "", text))
    return f"| `{name}` | {' | '.join(map(_cell, cells))} |"


def _settings() -> Iterator[str]:
    yield "\n## Training settings\n\nFor `--set NAME=VALUE` of `rounds train` and `rounds estimate`."
    yield "\n| setting | values | default | meaning |\n|---|---|---|---|"
    for setting in hyperparameters():
        if setting.name != "model":
            values = accepted_values(setting).replace(" | ", ", ")
            yield f"| `{setting.name}` | {_cell(values)} | {_cell(default_text(setting))} | {_cell(setting.help)} |"


def _presets() -> Iterator[str]:
    yield "\n## Presets\n\nFor `--preset NAME`; what a preset leaves out stays at its default."
    yield "\n| preset | settings |\n|---|---|"
    for name, values in PRESETS.items():
        yield f"| {name} | {', '.join(f'`{setting}={value}`' for setting, value in values.items())} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PATH.write_text(reference(), encoding="utf-8")
