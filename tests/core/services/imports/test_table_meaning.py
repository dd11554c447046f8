"""What a table says of its files depends on neither encoding, separator, decimal mark, nor the order of its parts."""

import csv
import io
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.imaging.file_listing import FileListing
from core.services.imports.import_request import ImportRequest
from core.services.imports.import_table import ImportTable, RowValues
from core.services.imports.source_files import SourceFiles

FILES = [f"x/p{number:02}.png" for number in range(14)]
CELLS = {
    "Befund": st.sampled_from(["unauffällig", "Erguss", "erguss", "", "NA"]),
    "Patient": st.sampled_from(["001", "002", "A, B", "名"]),
    "Alter": st.integers(1, 90).map(str),
    "Dosis": st.decimals(-9, 99, places=2).map(str),
    "Aufnahme am": st.dates().map(lambda day: f"{day.day:02}.{day.month:02}.20{day.year % 90 + 10}"),
    "Gerät": st.sampled_from(["007", "012", "Größe", "", "a;b", 'x "y"']),
    "Code": st.integers(0, 999).map(lambda number: f"{number:04}"),
    "Split": st.sampled_from(["train", "test"]),
}


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, str]]:
    return [{"Bild": name, **{title: draw(cells) for title, cells in CELLS.items()}} for name in FILES]


def written(rows: list[dict[str, str]], order: Random, *, separator: str, decimal: str, encoding: str) -> bytes:
    titles = order.sample(list(rows[0]), len(rows[0]))
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=order.choice(["\n", "\r\n"]))
    writer.writerow(titles)
    for row in order.sample(rows, len(rows)):
        dose = {"Dosis": row["Dosis"].replace(".", decimal)} if "Dosis" in row else {}
        writer.writerow([{**row, **dose}[title] for title in titles])
    return text.getvalue().encode(encoding)


def meaning(folder: Path, raw: bytes, **options) -> dict[str, RowValues]:
    path = folder / "t.csv"
    path.write_bytes(raw)
    request = ImportRequest(folder, metadata=path, task="t", **options)
    files = [folder / name for name in FILES]
    table = ImportTable.of(request, SourceFiles(FileListing(tuple(files)), folder))
    return {name: table.values(file) for name, file in zip(FILES, files, strict=True)}


@given(
    rows=tables(),
    separator=st.sampled_from(",;\t|"),
    decimal=st.sampled_from(".,"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
    order=st.randoms(use_true_random=False),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_table_says_does_not_depend_on_how_it_is_written(tmp_path, rows, separator, decimal, encoding, order):
    plain = meaning(tmp_path, written(rows, Random(0), separator=",", decimal=".", encoding="utf-8"))
    chosen = {"encoding": "gb18030"} if encoding == "gb18030" else {}  # a few words are too few for a guess
    raw = written(rows, order, separator=separator, decimal=decimal, encoding=encoding)
    assert meaning(tmp_path, raw, keep_spellings=False, **chosen) == plain
    assert {one.patient_id for one in plain.values()} == {row["Patient"] for row in rows}


@given(rows=tables())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_facts_that_come_out_go_in_as_they_are(tmp_path, rows):
    facts = meaning(tmp_path, written(rows, Random(0), separator=",", decimal=".", encoding="utf-8"))
    titles = sorted({title for one in facts.values() for title in one.facts})
    out = [{"file": name, **{title: one.facts.get(title, "") for title in titles}} for name, one in facts.items()]
    again = meaning(tmp_path, written(out, Random(1), separator=";", decimal=".", encoding="utf-8"))
    assert {name: one.facts for name, one in again.items()} == {name: one.facts for name, one in facts.items()}
