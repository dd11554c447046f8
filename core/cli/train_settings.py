"""The training settings on the command line: --model, --preset, --set, and their table in the help."""

import textwrap

from core.cli import context
from core.cli.parser import Arguments, Parser, UsageError, one_of, unknown
from core.models import MODELS
from core.training.hyperparameters import Hyperparameter
from core.training.spec import PRESETS, RENAMED, TrainSpec, hyperparameters

WIDTH = 110  # of the table, in characters


def add_spec_arguments(parser: Parser) -> None:
    """Add what to train on which data with which settings, and the table of settings at the end of the help."""
    parser.add_argument("--snapshot", required=True, metavar="NAME", help="snapshot to train on")
    parser.add_argument(
        "--model",
        required=True,
        type=one_of("model", MODELS),
        metavar="MODEL",
        help="see `rounds models`",
    )
    parser.add_argument(
        "--preset",
        type=one_of("preset", PRESETS),
        metavar="NAME",
        help=f"settings to start from: {', '.join(PRESETS)}",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="change a setting; may be repeated; the settings are listed below",
    )
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="NAME",
        help="snapshot of an additional task on the same images; may be repeated",
    )
    parser.epilog = settings_help()


def spec_of(arguments: Arguments) -> TrainSpec:
    """Return the training settings: the preset's, then --model, then each --set.

    Raises:
        UsageError: a setting that does not exist.
        InvalidInput: a value outside what a setting accepts.
    """
    spec = TrainSpec().with_preset(arguments.preset) if arguments.preset else TrainSpec()
    settings = context.parse_settings(arguments.settings)
    names = [setting.name for setting in hyperparameters()]
    for name in settings:
        if name not in names and name not in RENAMED:
            raise UsageError(f"rounds {arguments.command}: {unknown('setting', name, names)}")
    return spec.replace({"model": arguments.model}).with_settings(settings)


def settings_help() -> str:
    """Return the table of settings: name, accepted values, default and meaning."""
    lines = ["settings for --set NAME=VALUE:"]
    for setting in hyperparameters():
        if setting.name != "model":
            text = f"{accepted_values(setting)} (default: {default_text(setting)}). {setting.help}"
            lines += textwrap.wrap(text, WIDTH, initial_indent=f"  {setting.name:<17}", subsequent_indent=" " * 19)
    return "\n".join(lines)


def accepted_values(setting: Hyperparameter) -> str:
    """Return what a setting accepts: its choices, its range with the unit, or the length of a text."""
    if setting.kind == "choice":
        return " | ".join(setting.choices)
    if setting.kind == "text":
        return f"text of up to {setting.high} characters"
    low, high = (f"{bound:g}" if setting.kind == "float" else str(bound) for bound in (setting.low, setting.high))
    return f"{low} to {high} {setting.unit}".rstrip()


def default_text(setting: Hyperparameter) -> str:
    """Return the default of a setting as it is typed; "empty" for an empty text."""
    return f"{setting.default:g}" if setting.kind == "float" else str(setting.default) or "empty"
