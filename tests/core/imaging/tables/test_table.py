"""A table means the same however it is written; what does not fit is refused with its line."""

import csv
import io
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.imaging.tables.dialect import Dialect
from core.imaging.tables.table import Table, read_table
from core.imaging.tables.text_encoding import mixed_lines
from core.imaging.tables.words import is_missing, number, spelling


def written(folder: Path, content: str | bytes, encoding: str = "utf-8", name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def meaning(table: Table) -> list[dict[str, str]]:
    return [cells for _, cells in table.records()]


TEXTS = {
    "gb18030": "文件,标签,备注\na.png,正常,左侧胸片\nb.png,肺炎,右下肺可见斑片影\n",
    "cp932": "画像,患者名\na.png,山田太郎\nb.png,鈴木一郎\n",
    "euc_jp": "画像,患者名\na.png,山田たろう\n",
    "cp949": "파일,진단\na.png,정상\nb.png,폐렴\n",
    "big5": "檔案,標籤\na.png,正常\nb.png,肺炎\n",
    "cp1252": "Datei;Befund;Größe\na.png;unauffällig;groß\nb.png;Entzündung;klein\n",
    "cp1250": "soubor;nález\na.png;zánět průdušek\nb.png;žádný\n",
    "cp1251": "файл;диагноз\na.png;норма\nb.png;пневмония\n",
    "latin-1": "fichier,diagnostic\na.png,pneumonie à gauche\nb.png,négatif\n",
    "mac_roman": "Datei,Befund\na.png,Größe unauffällig\nb.png,Übersicht\n",
    "cp850": "archivo,hallazgo\na.png,lesión pequeña\nb.png,sin hallazgos\n",
    "cp1253": "file,label\na.png,φυσιολογικό\nb.png,πνευμονία\n",
    "cp1254": "file,label\na.png,sağlıklı\nb.png,zatürre\n",
    "cp1255": "file,label\na.png,תקין\nb.png,דלקת\n",
    "cp1256": "file,label\na.png,طبيعي\nb.png,التهاب\n",
    "cp874": "file,label,comment\na.png,ปกติ,เอกซเรย์ทรวงอก\nb.png,ปอดบวม,ปอดขวาล่าง\nc.png,ปกติ,ไม่พบความผิดปกติ\n",
    "koi8_r": "файл;диагноз\na.png;норма\nb.png;пневмония\n",
    "cp866": "файл;диагноз\na.png;норма\nb.png;пневмония\n",
    "iso2022_jp": "画像,診断\na.png,正常\nb.png,肺炎\n",
    "iso8859_15": "Datei,Temp °C\na.png,37\nb.png,Präparat\n",
}


@pytest.mark.parametrize(("legacy", "text"), TEXTS.items(), ids=TEXTS)
@pytest.mark.parametrize("encoding", ["legacy", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_encoding_says_the_same(tmp_path: Path, legacy: str, text: str, encoding: str):
    table = read_table(written(tmp_path, text, legacy if encoding == "legacy" else encoding))
    separator = ";" if ";" in text else ","
    header, *rows = [line.split(separator) for line in text.splitlines()]
    assert table.columns == tuple(header)
    assert meaning(table) == [dict(zip(header, row, strict=True)) for row in rows]


NAMES = ["file", "label", "score", "site", "comment"]


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(2, 5))
    words = st.sampled_from(["a.png", "normal", "Größe", "正常", "1.5", 'with "quotes"', "a;b,c\td|e", "x\ny"])
    rows = draw(st.lists(st.lists(words, min_size=width, max_size=width), min_size=2, max_size=8))
    return [NAMES[:width], *rows]


@given(
    rows=tables(),
    separator=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
    ending=st.sampled_from(["\n", "\r\n"]),
    order=st.randoms(use_true_random=False),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_meaning_does_not_depend_on_the_way_of_writing(tmp_path, rows, separator, encoding, ending, order):
    columns = order.sample(range(len(rows[0])), len(rows[0]))
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerows([row[at] for at in columns] for row in rows)
    path = written(tmp_path, text.getvalue(), encoding)
    assert meaning(read_table(path, Dialect(encoding="gb18030" if encoding == "gb18030" else None))) == [
        dict(zip(rows[0], row, strict=True)) for row in rows[1:]
    ]


def test_the_line_of_excel_names_the_separator_and_its_decimals_are_found(tmp_path: Path):
    table = read_table(written(tmp_path, "sep=;\r\nfile;score\r\na.png;0,5\r\nb.png;1,25\r\n"))
    assert (table.columns, table.dialect.separator, table.dialect.decimal) == (("file", "score"), ";", ",")
    assert [(line, cells) for line, cells in table.rows()] == [(3, ("a.png", "0.5")), (4, ("b.png", "1.25"))]
    comma = read_table(written(tmp_path, "sep=,\nfile,label\na.png,yes\n"))
    assert meaning(comma) == [{"file": "a.png", "label": "yes"}]


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("file;score;note\na;0,5;1,5 mg\nb;1.234,5;x", [["0.5", "1,5 mg"], ["1.234,5", "x"]]),
        ('file,score\na,"1,234"\nb,"5,678"', [["1,234"], ["5,678"]]),
        ('file,score\na,"1,25"\nb,"5,5"', [["1.25"], ["5.5"]]),
        ("file,score\na,1.25\nb,5", [["1.25"], ["5"]]),
    ],
)
def test_fractions_have_a_point_and_thousands_stay(tmp_path: Path, text: str, cells: list[list[str]]):
    assert [list(row[1:]) for _, row in read_table(written(tmp_path, text)).rows()] == cells


def test_titles_above_the_header_are_passed_over(tmp_path: Path):
    table = read_table(written(tmp_path, "Export of 3 May\n\nfile;label\na.png;yes\n"))
    assert (table.dialect.first_line, meaning(table)) == (3, [{"file": "a.png", "label": "yes"}])
    assert read_table(written(tmp_path, "file\na.png\nb.png\n")).columns == ("file",)


@pytest.mark.parametrize(
    "above", ["# by tool, v1", "Klinikum Nord,Stand: 01.02.2024", "Patient,,Befund\nmeta,,", ",Patient,Befund"]
)
def test_lines_of_several_cells_above_the_header_are_passed_over(tmp_path: Path, above: str):
    table = read_table(written(tmp_path, f"{above}\nDatei,Alter,Diagnose\na.png,50,yes\nb.png,51,no\n"))
    assert table.columns == ("Datei", "Alter", "Diagnose")
    assert [cells[0] for _, cells in table.rows()] == ["a.png", "b.png"]


@pytest.mark.parametrize(
    "text",
    [
        '"file", "nr"\n"a.png", "0012"\n',
        'file,nr\n="a.png",="0012"\n',
        "Unnamed: 0,file,nr\n0,a.png,0012\n",
        "file,nr\n\u202aa.png,0012\u200b\n",
    ],
)
def test_ways_of_other_programs_to_write_a_cell(tmp_path: Path, text: str):
    table = read_table(written(tmp_path, text))
    (cells,) = meaning(table)
    assert {title: cells[title] for title in cells if title not in table.unnamed} == {"file": "a.png", "nr": "0012"}


def test_cells_merged_downwards_have_one_value(tmp_path: Path):
    book = openpyxl.Workbook()
    for row in (["patient", "file"], ["P1", "a.png"], [None, "b.png"], ["P2", "c.png"]):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    book.save(tmp_path / "t.xlsx")
    assert [cells["patient"] for cells in meaning(read_table(tmp_path / "t.xlsx"))] == ["P1", "P1", "P2"]


def test_empty_columns_and_those_without_a_title(tmp_path: Path):
    table = read_table(written(tmp_path, ",file,label,,\n0,a.png,yes,,\n1,b.png,no,,\n"))
    assert (table.columns, table.unnamed) == (("column 1", "file", "label"), ("column 1",))
    assert [cells for _, cells in table.rows()] == [("0", "a.png", "yes"), ("1", "b.png", "no")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,label\na.png,yes\nb.png,no,1\n", "line 3: 3 cells where the header has 2"),
        ("file,label\na.png\nb.png,no\n", "line 2: 1 cells where the header has 2"),
        ("file,label,file\na.png,yes,b\n", "has 2 columns 'file'"),
        ('file,label\na.png,"yes\nb.png,no\n', "line 2: a quote is not closed"),
        ('file,label\na.png,"ye"s\nb.png,no\n', "line 2: a quote"),
        pytest.param(
            'file,label\na.png,"' + "x" * 200_000, "line 2: a cell has more than 131,072 characters", id="long"
        ),
        ("", "is empty"),
        ("\n  \n", "is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary data"),
        (b"PK\x03\x04 no workbook", "is no Excel workbook"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_line(tmp_path: Path, text: str | bytes, message: str):
    with pytest.raises(InvalidInput, match=message):
        list(read_table(written(tmp_path, text)).rows())


def test_the_nearest_column_is_named(tmp_path: Path):
    table = read_table(written(tmp_path, "Image,Patientid\na.png,7\n"))
    assert table.column("Patientid") == 1
    with pytest.raises(InvalidInput, match=r"no column 'patientid'\. Did you mean 'Patientid'\?"):
        table.column("patientid")


def test_a_chosen_encoding_that_does_not_fit_is_refused(tmp_path: Path):
    path = written(tmp_path, "file,label\na.png,é\n", "latin-1")
    with pytest.raises(InvalidInput, match="is not utf-8 text"):
        read_table(path, Dialect(encoding="utf-8"))


def test_workbooks(tmp_path: Path):
    book = openpyxl.Workbook()
    book.active.title = "empty"
    sheet = book.create_sheet("Befunde")
    sheet.append(["Export der Radiologie", None, None])
    sheet.merge_cells("A1:C1")
    sheet.append(["Datei", "Größe", "Datum"])
    sheet.append(["a.png", 1.5, date(2020, 5, 3)])
    sheet.append([17, 2.0, None])
    other = book.create_sheet("other")
    other.append(["file", "label"])
    other.append(["b.png", True])
    book.save(tmp_path / "t.xlsx")
    table = read_table(tmp_path / "t.xlsx")
    assert (table.sheets, table.columns) == (("Befunde", "other"), ("Datei", "Größe", "Datum"))
    assert [cells for _, cells in table.rows()] == [("a.png", "1.5", "2020-05-03"), ("17", "2", "")]
    assert meaning(read_table(tmp_path / "t.xlsx", sheet="other")) == [{"file": "b.png", "label": "TRUE"}]
    with pytest.raises(InvalidInput, match="no sheet 'x'; its sheets are: Befunde, other"):
        read_table(tmp_path / "t.xlsx", sheet="x")


def test_words():
    assert [is_missing(word) for word in ("NA", "NaN", "nan", "n/a", "None", "NULL", "", "none", "0")] == [
        *[True] * 7,
        False,
        False,
    ]
    assert [number(word) for word in ("1,5", "1e3", "x", "")] == [None, 1000.0, None, None]
    assert {spelling(word) for word in ("Normal", "normal", "NORMAL ", "ＮＯＲＭＡＬ")} == {"normal"}
    assert {spelling(word) for word in ("0", "0.0", "0.00")} == {"0"}
    assert spelling("0.5") != spelling("0")


def test_a_cell_of_megabytes_is_named_by_its_line(tmp_path):
    path = written(tmp_path, f'file,label\na.png,"{"x" * 20_000_000}"\n')
    with pytest.raises(InvalidInput, match=r"^t.csv, line 2: a cell has more than [\d,]+ characters"):
        list(read_table(path).rows())


@pytest.mark.parametrize(
    ("wide", "other", "encoding"),
    [
        ("Müller", "Käse", "latin-1"),
        ("5 µg", "37 °C", "cp1252"),
        ("肺炎", "正常", "gb18030"),
        ("肺炎", "異常", "cp932"),
        ("пневмония", "норма", "cp1251"),
        ("Żółta", "płuco", "cp1250"),
    ],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_table_of_two_encodings_is_refused_with_its_lines(tmp_path, wide, other, encoding, mark):
    path = tmp_path / "t.csv"
    lines = [b"file,name", b"1.png,plain", f"2.png,{wide}".encode(), f"3.png,{other}".encode(encoding)]
    for order, places in ((lines, (3, 4)), ([*lines[:2], lines[3], lines[2]], (4, 3))):
        path.write_bytes(mark + b"\n".join(order))
        with pytest.raises(
            InvalidInput, match=f"two encodings: line {places[0]} is UTF-8, and line {places[1]} is not"
        ):
            read_table(path)


def test_a_damaged_letter_is_refused_and_an_encoding_that_was_chosen_counts(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("file,name\n1.png,Müller\n2.png,Kä".encode()[:-1])
    with pytest.raises(InvalidInput, match="line 2 is UTF-8, and line 3 is not"):
        read_table(path)
    assert [cells[1] for _, cells in read_table(path, Dialect(encoding="cp1252")).rows()] == ["MÃ¼ller", "KÃ"]


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("gb18030", "女 男 一 二"),
        ("gb18030", "女 男 一 肺炎 正常 结节 肿瘤 右 左 良性 恶性 积液 气胸"),
        ("cp932", "肺炎 正常 ﾃｽﾄ ﾃｽ テスト 右 左 男 女"),
        ("big5", "肺炎 正常 男 女 結節 左 右"),
        ("cp949", "폐렴 정상 남 여 결절 좌 우"),
        ("cp1251", "пневмония норма муж жен Рак"),
        ("cp1252", "Müller Käse groß Ärztin Ölung 5°"),
        ("cp874", "ปอดบวม ปกติ ชาย หญิง ซ้าย ขวา ยา ดี มี"),
        ("cp1253", "πνευμονία φυσιολογικό Ως Γυν"),
    ],
)
def test_a_word_that_is_utf_8_by_chance_mixes_nothing(encoding, words):
    rows = "".join(f"\n{number}.png,{word}" for number, word in enumerate(words.split()))
    assert mixed_lines(f"file,name{rows}".encode(encoding)) is None
