"""Former names of commands and options mean today's."""

import pytest

from core.cli import commands
from core.cli.aliases import current_names


@pytest.mark.parametrize(
    ("former", "current"),
    [
        ("examine --run 1 --what check", "analyze --run 1 --kind saliency-check"),
        ("examine --run 1 --what=suspects", "analyze --run 1 --kind=label-errors"),
        ("examine --what features --set probe=1", "analyze --kind features --set probe=1"),
        ("--home examine --json examine --what maps", "--home examine --json analyze --kind saliency-maps"),
        ("operate --run 1 --threshold 0.5", "operating-point --run 1 --threshold 0.5"),
        ("label --task x --csv f", "labels import --task x --csv f"),
        ("labels --task x --out f", "labels export --task x --out f"),
        ("labels --json --task x --out f", "labels export --json --task x --out f"),
        ("measure --snapshot s --model m", "estimate --snapshot s --model m"),
        ("subgroups --run 1 --figure ppv", "subgroups --run 1 --metric ppv"),
    ],
)
def test_a_former_name_is_replaced(former: str, current: str) -> None:
    assert current_names(former.split()) == current.split()


@pytest.mark.parametrize(
    "line",
    [
        "",
        "--version",
        "labels --help",
        "labels",
        "labels import --task label --csv operate",
        "labels export --task labels --out f",
        "snapshot --task examine --name check",
        "doctor",
    ],
)
def test_everything_else_stays(line: str) -> None:
    assert current_names(line.split()) == line.split()


def test_no_former_name_is_in_the_help() -> None:
    for name in ("examine", "operate", "measure", "label"):
        assert name not in commands.COMMANDS
        assert f"  {name} " not in commands.build_parser(only="").format_help()
