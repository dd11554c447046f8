"""The parser of one command: options that every command takes, and errors that name the nearest word."""

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from core.cli.printing.result import Output
from core.errors import InvalidInput

Arguments = argparse.Namespace


class UsageError(InvalidInput):
    """A command line that cannot be understood. Exit code 2."""


class Parser(argparse.ArgumentParser):
    """An `ArgumentParser` that raises `UsageError` in place of printing its usage and exiting."""

    def __init__(self, **options: Any) -> None:
        """Take the keywords of `ArgumentParser`; the text at the end of the help keeps its line breaks."""
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **options)

    def error(self, message: str) -> Any:
        """Raise `UsageError`, so that --json holds for a wrong command line too."""
        raise UsageError(f"{self.prog}: {message}; `{self.prog} --help` lists its options.")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse an unknown option before argparse complains of one that is missing."""
        if self._subparsers is None:
            self.check_options(args or ())
        return super().parse_known_args(args, namespace)

    def check_options(self, words: Sequence[str]) -> None:
        """Refuse words that look like an option of this parser and are none, nor the beginning of one.

        Raises:
            UsageError: such a word, with the nearest option.
        """
        options = [option for action in self._actions for option in action.option_strings if option.startswith("--")]
        for word in _flags(words):
            if not any(option.startswith(word) if self.allow_abbrev else option == word for option in options):
                raise UsageError(f"{self.prog}: {unknown('option', word, options)}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            option = f" for {action.option_strings[-1]}" if action.option_strings else ""
            noun = "value" if option else "command"
            raise UsageError(f"{self.prog}: {unknown(noun, value, action.choices, of=option)}")


@dataclass(frozen=True, slots=True)
class Handler:
    """What a command takes, and what it does; beside each other in one module."""

    add_arguments: Callable[[Parser], None]
    run: Callable[[Arguments], Output | None]


def unknown(noun: str, value: str, names: Iterable[str], of: str = "") -> str:
    """Return "unknown NOUN 'VALUE'" and `of`, with the nearest of the names, or all of them where none is near."""
    names = list(names)
    near = get_close_matches(value.lower(), names, n=1)
    way_out = f"did you mean '{near[0]}'?" if near else f"choose one of {', '.join(names)}."
    return f"unknown {noun} '{value}'{of}; {way_out}"


def one_of(noun: str, names: Iterable[str]) -> Callable[[str], str]:
    """Return a `type` for `add_argument` that accepts the names of a registry.

    Raises:
        UsageError: by the returned function, for any other name.
    """
    choices = tuple(names)

    def parse(text: str) -> str:
        if text not in choices:
            raise UsageError(unknown(noun, text, choices))
        return text

    return parse


def sentence(summary: str) -> str:
    """Return a summary of the table as a sentence."""
    return f"{summary[0].upper()}{summary[1:]}."


def common_options() -> Parser:
    """Return a parent parser with what every command takes, before or after its name."""
    parent = Parser(add_help=False)
    home = "folder of the workspace (default: ROUNDS_HOME, else ~/rounds)"
    parent.add_argument("--home", default=argparse.SUPPRESS, metavar="DIR", help=home)
    parent.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print the result as JSON")
    return parent


def verbs(parser: Parser) -> Callable[[str, str], Parser]:
    """Return a function that adds a verb, such as `export`, to a command that has several."""
    group = parser.add_subparsers(dest="verb", required=True, metavar="VERB", parser_class=Parser)
    parent = common_options()
    return lambda name, summary: group.add_parser(name, help=summary, description=sentence(summary), parents=[parent])


def split_words(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the options before the command, and the words from the command on."""
    skip = False
    for at, word in enumerate(argv):
        if not skip and not word.startswith("-"):
            return list(argv[:at]), list(argv[at:])
        skip = word == "--home"
    return list(argv), []


def _flags(argv: Sequence[str]) -> list[str]:
    """Return the words that look like a long option, without their values."""
    end = argv.index("--") if "--" in argv else len(argv)
    return [word.partition("=")[0] for word in argv[:end] if word.startswith("--") and word != "--"]
