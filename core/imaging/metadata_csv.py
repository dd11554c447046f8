"""Read a CSV of metadata and labels, and join it to files by relative path or unique file name."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class MetadataTable:
    """The rows of a CSV by the value of the file column; `columns` are in the order of the file."""

    path: Path
    columns: tuple[str, ...]
    rows: Mapping[str, dict[str, str]] = field(repr=False)

    def join(self, files: Iterable[Path], root: Path) -> "JoinedMetadata":
        """Join each file to its row by relative path, else by file name if no other file has that name."""
        relative = {path: path.relative_to(root).as_posix() for path in files}
        names = Counter(path.name for path in relative)
        matched: dict[Path, dict[str, str]] = {}
        used: set[str] = set()
        for path, name in relative.items():
            key = name if name in self.rows else path.name if names[path.name] == 1 else ""
            if key in self.rows:
                matched[path] = self.rows[key]
                used.add(key)
        missing = tuple(key for key in self.rows if key not in used)
        return JoinedMetadata(matched, tuple(path for path in relative if path not in matched), missing)


@dataclass(frozen=True, slots=True)
class JoinedMetadata:
    """The row of each matched file, the files without a row, and the listed files that do not exist."""

    rows: Mapping[Path, dict[str, str]]
    unlisted: tuple[Path, ...]
    missing: tuple[str, ...]


def read(path: Path, *, file_column: str, needed: Iterable[str] = ()) -> MetadataTable:
    """Read a CSV (UTF-8 or UTF-16; comma, semicolon or tab).

    Raises:
        InvalidInput: the file is missing, not text, lacks a column, or lists one file twice.
    """
    text = read_text(path)
    if not text.strip():
        raise InvalidInput(f"The metadata file {path.name} is empty; it needs a header line and a row per file.")
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=detect_delimiter(text), restkey="")
    columns = tuple(name.strip() for name in reader.fieldnames or ())
    for column in (file_column, *needed):
        if column not in columns:
            raise InvalidInput(
                f"The metadata file {path.name} has no column '{column}'; its columns are: {', '.join(columns)}."
            )
    return MetadataTable(path, columns, _rows(path, reader, file_column))


def _rows(path: Path, reader: "csv.DictReader[str]", file_column: str) -> dict[str, dict[str, str]]:
    rows: dict[str, dict[str, str]] = {}
    for number, row in enumerate(reader, start=2):
        clean = {(name or "").strip(): _cell(value) for name, value in row.items()}
        key = clean[file_column].replace("\\", "/").removeprefix("./")
        if key in rows and rows[key] != clean:
            raise InvalidInput(
                f"The metadata file {path.name} lists '{key}' again in line {number} with other "
                "values; keep one line per file."
            )
        if key:
            rows[key] = clean
    return rows


def _cell(value: str | list[str] | None) -> str:
    return value.strip() if isinstance(value, str) else ""


def read_text(path: Path) -> str:
    """Return the text of a CSV file.

    Raises:
        InvalidInput: the file cannot be opened, or is not UTF-8 or UTF-16 text.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"The file {path} cannot be opened ({error.strerror}).") from error
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InvalidInput(
            f"The file {path.name} is not UTF-8 text (line {line}); save it as 'CSV UTF-8' and try again."
        ) from error
    if "\x00" in text:
        raise InvalidInput(f"The file {path.name} contains binary data, not text; choose a CSV file.")
    return text


def detect_delimiter(text: str) -> str:
    """Return the delimiter (comma, semicolon or tab) that the header line uses most."""
    return max(",;\t", key=text.split("\n", 1)[0].count)
