"""No cell of a file that Rounds writes is a formula, and every text comes back as it was."""

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.imaging.tables.dialect import Dialect
from core.imaging.tables.formulas import CsvWriter, guard, unguard
from core.imaging.tables.table import read_table
from core.imaging.tables.words import clean

ROOT = Path(__file__).parents[4]
DANGEROUS = st.text("=+-@\t\r\n'\" ,;＝－1.5eax\u00a0", max_size=12)
TEXTS = st.one_of(DANGEROUS, st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12))


@given(TEXTS)
def test_every_text_comes_back(text):
    assert unguard(guard(text)) == text


@given(TEXTS, TEXTS)
def test_two_texts_are_never_one_cell(first, second):
    assert (guard(first) == guard(second)) == (first == second)


@given(TEXTS)
def test_what_begins_as_a_formula_does_is_guarded_or_a_number(text):
    is_number = re.fullmatch(r"[+-]?[\d.]+(e[+-]?\d+)?", text.strip(), re.IGNORECASE)
    assert is_number or not re.match(r"[\t\r\n]|\s*[=+\-@＝＋－＠]", guard(text))


FORMULAS = ["=1+1", "+49 170", "-a", "@SUM(A1)", "\tx", "\r=1", "=cmd|' /C calc'!A0", "-1,5", " =1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_gets_an_apostrophe(text):
    assert guard(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "-1.5", "+3", "-1e-05", "'tis", "it's", "'-1.5", "a=b", "x@y.z"])
def test_numbers_and_plain_texts_stay(text):
    assert (guard(text), unguard(text)) == (text, text)


def test_numbers_that_are_no_texts_stay():
    file = io.StringIO()
    CsvWriter(file).writerow([-1.5, -2, None, "-2", "=a"])
    assert file.getvalue() == "-1.5,-2,,-2,'=a\r\n"


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5))
def test_our_reader_of_tables_gives_the_texts_back(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "written.csv"
    rows = [(f"row {at}", first, second) for at, (first, second) in enumerate(rows)]
    with path.open("w", newline="", encoding="utf-8") as file:
        for row in [("key", "=first", "-second"), *rows]:
            CsvWriter(file).writerow(row)
    table = read_table(path, Dialect("utf-8", ",", ".", 1))
    assert table.columns == ("key", "=first", "-second")
    assert [cells for _, cells in table.rows()] == [tuple(map(clean, row)) for row in rows]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_break_of_any_kind_stays_in_its_cell(end):
    file = io.StringIO(newline="")
    CsvWriter(file, lineterminator=end).writerow(["a\rb", "c\nd", "e"])
    assert file.getvalue() == f'"a\rb","c\nd",e{end}'


def test_only_one_place_writes_csv():
    files = [path for name in ("core", "dashboard", "db") for path in (ROOT / name).rglob("*.py")]
    writing = [path.name for path in files if re.search(r"csv\.(Dict)?[wW]riter|to_csv\(", path.read_text())]
    assert writing == ["formulas.py"]
    assert csv.writer  # what the search looks for
