"""A CSV as hospitals write them, joined to files."""

from pathlib import Path

import pytest

from core.errors import InvalidInput
from core.imaging.metadata_csv import read

TEXT = "file{d}age{d}remark\nx/a.png{d}56{d}größer\nb.png{d}7{d}\n"


def write(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "data.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, delimiter: str, ending: str):
    text = TEXT.format(d=delimiter).replace("\n", ending)
    table = read(write(tmp_path, text.encode(encoding)), file_column="file", needed=["age"])
    assert table.columns == ("file", "age", "remark")
    assert table.rows["x/a.png"] == {"file": "x/a.png", "age": "56", "remark": "größer"}
    assert table.rows["b.png"]["remark"] == ""


@pytest.mark.parametrize("word", ["NA", "NaN", "nan", "n/a", "None", "NULL", ""])
def test_words_for_missing_are_empty_cells(tmp_path: Path, word: str):
    table = read(write(tmp_path, f"file,patient,label,site\na,{word},{word},{word}\nb,none,0,1\n"), file_column="file")
    assert table.rows["a"] == {"file": "a", "patient": "", "label": "", "site": ""}
    assert table.rows["b"] == {"file": "b", "patient": "none", "label": "0", "site": "1"}


def test_spellings_of_a_word_are_one_and_known_words_stay(tmp_path: Path):
    words = ["Normal", "normal", "NORMAL ", "normal", "0", "0.0", "ill"]
    lines = "".join(f"{at},{word}\n" for at, word in enumerate(words))
    table = read(write(tmp_path, "file,label\n" + lines), file_column="file")
    merged = table.with_one_spelling("label")
    assert [row["label"] for row in merged.rows.values()] == ["normal"] * 4 + ["0", "0", "ill"]
    assert merged.respelt == (("Normal", "normal"), ("NORMAL", "normal"), ("0.0", "0"))
    known = table.with_one_spelling("label", ["Normal", "NORMAL"])
    assert [row["label"] for row in known.rows.values()][:4] == ["Normal", "NORMAL", "NORMAL", "NORMAL"]


def test_a_column_without_a_title_is_left_out(tmp_path: Path):
    table = read(write(tmp_path, ",file,age\n0,a,5\n1,b,6\n"), file_column="file")
    assert (table.columns, table.rows["a"]) == (("file", "age"), {"file": "a", "age": "5"})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"file,age\na,1\nb,2,3\n", "line 3: 3 cells where the header has 2"),
        (b"file\x00,age\n", "contains binary data"),
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"image,age\na,1\n", "no column 'file'. Its columns are: image, age"),
        (b"file,age\na,1\na,2\n", "lists 'a' again in line 3"),
    ],
)
def test_an_unreadable_csv_is_one_sentence(tmp_path: Path, content: bytes, message: str):
    with pytest.raises(InvalidInput, match=message) as refused:
        read(write(tmp_path, content), file_column="file")
    assert str(refused.value).endswith(".")


def test_a_csv_that_is_not_there(tmp_path: Path):
    with pytest.raises(InvalidInput, match="cannot be opened"):
        read(tmp_path / "no.csv", file_column="file")


def test_the_same_line_twice_is_one_line(tmp_path: Path):
    assert len(read(write(tmp_path, "file,age\na,1\na,1\n"), file_column="file").rows) == 1


def join(tmp_path: Path, listed: list[str], files: list[str]):
    table = read(write(tmp_path, "\n".join(["file,n", *(f"{name},1" for name in listed)])), file_column="file")
    return table.join([tmp_path / name for name in files], tmp_path)


def test_joined_by_path_or_by_a_name_that_is_unique(tmp_path: Path):
    joined = join(tmp_path, ["x/a.png", "b.png", ".\\y\\c.png"], ["x/a.png", "deep/b.png", "y/c.png"])
    assert {path.name for path in joined.rows} == {"a.png", "b.png", "c.png"}
    assert (joined.unlisted, joined.missing) == ((), ())


def test_a_name_that_two_files_bear_joins_neither(tmp_path: Path):
    joined = join(tmp_path, ["a.png"], ["x/a.png", "y/a.png"])
    assert joined.rows == {}
    assert (joined.missing, joined.ambiguous) == ((), ("a.png",))
    assert len(joined.unlisted) == 2
    by_path = join(tmp_path, ["x/a.png"], ["x/a.png", "y/a.png"])
    assert [path.parent.name for path in by_path.rows] == ["x"]
    assert [path.parent.name for path in by_path.unlisted] == ["y"]


def test_a_file_in_another_folder_is_not_the_one_listed_by_path(tmp_path: Path):
    joined = join(tmp_path, ["x/a.png"], ["y/a.png"])
    assert joined.missing == ("x/a.png",)
    assert [path.name for path in joined.unlisted] == ["a.png"]


def test_stems_and_two_rows_of_one_file(tmp_path: Path):
    assert [path.name for path in join(tmp_path, ["1"], ["1.png", "10.png"]).rows] == ["1.png"]
    with pytest.raises(InvalidInput, match=r"two rows for a.png: 'a.png' and 'a'; keep one"):
        join(tmp_path, ["a.png", "a"], ["a.png"])
