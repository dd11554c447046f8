"""A terminal gets tables and bars; a pipe gets plain lines without a control character."""

import io
import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

import pytest

from core.cli.printing import output
from core.cli.printing.cells import cell
from core.cli.printing.progress import progress
from core.cli.printing.result import lines, readable

RUNS = [
    {"run": 1, "model": "resnet18", "best_epoch": 3, "images_per_second": 43.746066087040155, "error": None},
    {"run": 2, "model": "[bold]x", "best_epoch": None, "images_per_second": 12345.678, "error": None},
]
SHOW = """
import sys
import time
from core.cli.printing import output
from core.cli.printing.cells import cell
from core.cli.printing.progress import progress

with progress() as update:
    for done in range(3):
        update("Importing files", done + 1, 3)
sys.exit(output.show({result!r}, False))
"""


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return a function that prints a result on a terminal of 100 columns without colours; it returns the text."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "dumb")

    def show(result: Any, as_json: bool = False) -> str:
        with redirect_stdout(Terminal()) as stream:
            assert output.show(result, as_json) == 0
        return stream.getvalue()

    return show


def on_terminal(result: object) -> tuple[int, str]:
    """Print a result, after some progress, in a process with a terminal; return its exit code and all it wrote."""
    parent, child = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen(
        [sys.executable, "-c", SHOW.format(result=result)], stdout=child, stderr=child, stdin=child, env=environment
    ) as process:
        os.close(child)
        written = b""
        while True:
            try:
                part = os.read(parent, 4096)
            except OSError:  # Linux: the last process with the terminal has ended
                break
            written += part
    os.close(parent)
    return process.returncode, written.decode()


def test_a_terminal_gets_a_table_and_a_bar() -> None:
    code, text = on_terminal(RUNS)
    assert code == 0
    assert "Importing files" in text
    assert "3/3" in text
    assert "━" in text
    assert "\x1b[" in text
    assert "best epoch" in text
    assert "43.75" in text
    assert "12346" in text
    assert "[bold]x" in text


def test_a_pipe_gets_plain_lines_and_no_progress() -> None:
    done = subprocess.run([sys.executable, "-c", SHOW.format(result=RUNS)], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout == (
        "run 1, model resnet18, best_epoch 3, images_per_second 43.75\nrun 2, model [bold]x, images_per_second 12346\n"
    )


def test_records_within_a_result_are_tables_of_their_own(shown: Callable[..., str]) -> None:
    metrics = {"auroc": {"value": 0.91234, "low": 0.85, "high": 0.95}, "ppv": {"value": None, "low": None}}
    text = shown({"run": 1, "note": "", "metrics": metrics, "notes": ["a", "b"]})
    rows = [line.split() for line in text.splitlines()]
    assert ["run", "1"] in rows
    assert ["notes", "a,", "b"] in rows
    assert ["value", "low", "high"] in rows
    assert ["auroc", "0.9123", "0.85", "0.95"] in rows
    assert "note " not in text.replace("notes", "")


def test_a_long_list_is_cut_and_a_curve_without_points_left_out(shown: Callable[..., str]) -> None:
    curves = {"roc": {"disc": {"x": [], "y": []}}, "pr": {"disc": {"x": [index / 1000 for index in range(1001)]}}}
    text = shown({"run": 1, **curves})
    assert "0, 0.001, 0.002, … 0.998, 0.999, 1 (1001 values; --json prints all)" in " ".join(text.split())
    assert "roc" not in text


def test_few_records_of_many_fields_stand_side_by_side(shown: Callable[..., str]) -> None:
    points = [{f"field_{number}": number * sign for number in range(1, 12)} for sign in (1, -1)]
    rows = [line.split() for line in shown({"points": points}).splitlines()]
    assert ["field", "3", "3", "-3"] in rows


QUESTION = {"first": "P-ABCDEFGHIJ", "second": "P-KLMNOPQRST", "for": ["the patient IDs differ only in spelling"]}


@pytest.mark.parametrize("width", [100, 80, 60, 40])
@pytest.mark.parametrize(
    "record",
    [
        QUESTION | {"against": ["the sexes differ (F/M)", "the birth dates differ"], "images": [12, 34]},
        QUESTION | {f"ID {number}": f"1.2.840.113619.2.{number:08}" for number in range(6)},
        {"study": "1.2.840.113619.2.55.3.2831868886.123.1234567890.123.1234567890.12", "first": "P-ABCDEFGHIJ"},
    ],
)
@pytest.mark.parametrize("count", [1, 3, 9])
def test_no_id_is_broken(
    shown: Callable[..., str], monkeypatch: pytest.MonkeyPatch, width: int, record: dict[str, Any], count: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    names = [value for value in record.values() if isinstance(value, str)]
    for result in ([record] * count, {"persons": 3, "questions": [record] * count}, record):
        words = shown(result).split()
        assert [name for name in names if name not in words] == []


def test_a_long_sentence_stands_below_the_values(shown: Callable[..., str]) -> None:
    note = "Both runs on the same patients. " * 5
    assert shown({"note": note, "runs": [1, 2]}).splitlines()[:2] == ["runs   1, 2", "note"]


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("ok", True, "yes"),
        ("auroc", {"value": 0.91234, "low": 0.85, "high": 0.95, "n": 60}, "0.9123 (0.85 to 0.95)"),
        ("auroc", {"value": 0.5, "low": None, "high": None, "n": 3}, "0.5"),
        ("auroc", {"value": None, "low": None, "high": None, "note": "Undefined."}, "Undefined."),
        ("hash", "0123456789abcdef" * 4, "0123456789ab…"),
        ("at", 0, ""),
        ("curve", [[1, 0.74012], [2, 0.7]], "1 0.7401, 2 0.7"),
    ],
)
def test_a_cell_shows_what_a_person_needs(key: str, value: object, text: str) -> None:
    assert cell(key, value).plain == text


def test_a_moment_is_a_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    assert cell("at", 1795981696.5).plain == "2026-11-29 19:48"
    monkeypatch.undo()
    time.tzset()


def test_an_empty_list_says_so(shown: Callable[..., str]) -> None:
    assert shown([]) == "none yet\n"


def test_json_is_whole_on_a_terminal_too(shown: Callable[..., str]) -> None:
    assert json.loads(shown(RUNS, as_json=True)) == RUNS


def test_columns_that_no_record_fills_are_left_out(shown: Callable[..., str]) -> None:
    assert "error" not in shown(RUNS)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (1234567.8, "1234568"),
        (1e-9, "1e-09"),
        (True, "True"),
        (3, "3"),
        ([1, 2.5], "1, 2.5"),
        ({"a": 0, "b": None, "c": {"d": 1}}, "a 0, c d 1"),
    ],
)
def test_a_person_reads_four_digits(value: object, text: str) -> None:
    assert readable(value) == text


def test_plain_lines_indent_what_is_within() -> None:
    assert lines({"ok": False, "checks": [{"name": "disk", "ok": True}], "empty": [], "note": None, "n": 0}) == [
        "ok: False",
        "checks:",
        "  name disk, ok True",
        "n: 0",
    ]


def test_stages_are_lines_where_nobody_watches(capsys) -> None:
    with progress(stages=True) as update:
        for text, done in (("Drawing", 1), ("Drawing", 2), ("Training", 1)):
            update(text, done, 2)
    assert capsys.readouterr().err == "Drawing …\nTraining …\n"


def test_a_reader_who_leaves_early_is_no_error() -> None:
    command = f"{sys.executable} -c 'from core.cli.printing import output; output.show(list(range(100000)), False)'"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command} | head -1"], capture_output=True, text=True)
    assert (done.stdout, done.stderr, done.returncode) == ("0\n", "", 0)
