"""Findings, numbers and studies of real films by the command line alone: asked, answered, written out, frozen."""

import csv
import re
from pathlib import Path

import pytest

from core.cli.commands import build_parser
from db.vocabulary import MirrorSymmetry, TaskKind, Unit
from tests.core.cli.test_main import home, run
from tests.core.services import films

__all__ = ["home"]
CHEST = ["Infiltration", "Effusion"]


def rounds(capsys, home: Path, *argv: object, ok: bool = True) -> dict:
    code, result, err = run(capsys, "--home", home, "--json", *argv)
    assert (code == 0) == ok, err
    return result


@pytest.fixture
def folder(data_dir: Path, tmp_path: Path) -> Path:
    return films.laid(tmp_path / "films", data_dir, films.aged(data_dir, 40))


def written(path: Path, header: str, *lines: object) -> Path:
    path.write_text("\n".join([header, *map(str, lines)]) + "\n")
    return path


def test_ages_are_asked_imported_written_out_and_frozen(capsys, home, folder, tmp_path):
    options = ("--kind", "number", "--measure", "years", "--low", 0, "--high", 120, "--flips", "left-right")
    made = rounds(capsys, home, "task", "--name", "age", *options)
    assert (made["kind"], made["measure"], made["low"], made["high"], made["flips"], made["classes"]) == (
        "number",
        "years",
        0,
        120,
        "left-right",
        [],
    )
    taken = ("--metadata", folder / "data.csv", "--task", "age", "--label-column", "age")
    assert rounds(capsys, home, "import", folder, *taken)["labelled"] == 40
    assert rounds(capsys, home, "labels", "--task", "age", "--out", tmp_path / "out.csv")["lines"] == 40
    other = tmp_path / "other"
    rounds(capsys, other, "task", "--name", "age", *options)
    rounds(capsys, other, "import", folder)
    back = rounds(capsys, other, "label", "--task", "age", "--csv", tmp_path / "out.csv")
    assert back == {"labelled": 40, "known": 0, "without_label": 0}
    frozen = [rounds(capsys, folder, "snapshot", "--task", "age", "--name", "one") for folder in (home, other)]
    assert frozen[0]["hash"] == frozen[1]["hash"]
    assert frozen[0]["kind"] == "number"
    assert all(24 <= one["number"]["mean"] <= 94 for one in frozen[0]["splits"].values())


def test_findings_are_taken_from_a_csv_and_frozen(capsys, home, folder, tmp_path):
    rounds(capsys, home, "import", folder)
    made = rounds(capsys, home, "task", "--name", "chest", "--kind", "multi", "--classes", ",".join(CHEST))
    assert (made["cases"], made["classes"]) == (40, CHEST)
    with (folder / "data.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    lines = [f"{row['file']},{name},{('absent', 'present')[name in row['finding']]}" for row in rows for name in CHEST]
    table = written(tmp_path / "findings.csv", "image,label,presence", *lines)
    assert rounds(capsys, home, "label", "--task", "chest", "--csv", table)["labelled"] == 40
    frozen = rounds(capsys, home, "snapshot", "--task", "chest", "--name", "one")
    present = sum(one["findings"]["Effusion"]["present"] for one in frozen["splits"].values())
    assert present == sum("Effusion" in row["finding"] for row in rows)
    assert (frozen["kind"], frozen["unknown"], frozen["unlabelled"]) == ("multi", 0, 0)
    refused = rounds(capsys, home, "snapshot", "--task", "chest", "--name", "two", "--balance", "weights", ok=False)
    assert "only single classes can be balanced" in refused["error"]


def test_studies_are_grouped_labelled_and_frozen(capsys, home, data_dir, tmp_path):
    pairs = films.two_views(data_dir, 6)
    marked = [{**row, "icu": "01"[number // 2 % 2]} for number, row in enumerate(pairs)]
    folder = films.laid(tmp_path / "films", data_dir, marked)
    rounds(capsys, home, "task", "--name", "icu", "--unit", "study", "--classes", "0,1")
    taken = ("--metadata", folder / "data.csv", "--task", "icu", "--label-column", "icu")
    report = rounds(capsys, home, "import", folder, *taken)
    assert (report["images"], report["labelled"], report["labels_kept"]) == (12, 6, 0)
    frozen = rounds(capsys, home, "snapshot", "--task", "icu", "--name", "one", "--val", 0.2, "--test", 0.2)
    assert sum(one["images"] for one in frozen["splits"].values()) == 6


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--classes", "a"], "Task 'x' has 1 classes; give 2 to 9"),
        (["--kind", "number", "--classes", "a,b"], "is about a number and has no classes"),
        (["--kind", "number", "--low", "9", "--high", "3"], "the first bound must be smaller"),
        (["--kind", "number", "--low", "nine"], "invalid float value"),
        (["--kind", "colour"], "unknown value 'colour' for --kind; choose one of single, ordinal"),
    ],
)
def test_a_wrong_question_is_one_sentence(capsys, home, argv, message):
    assert message in rounds(capsys, home, "task", "--name", "x", *argv, ok=False)["error"]


def test_the_choices_are_the_words_of_the_catalogue():
    text = re.sub(r"\s+", " ", build_parser().format_help())
    assert "task" in text
    for option, words in (("--kind", TaskKind), ("--unit", Unit), ("--flips", MirrorSymmetry)):
        for word in words:
            assert build_parser().parse_args(["task", "--name", "x", option, word.value])
