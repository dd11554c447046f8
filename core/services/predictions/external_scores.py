"""The lines of a CSV of predictions: which image, and which numbers of each class."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import InvalidInput
from core.imaging import metadata_csv
from db.tables import Snapshot
from db.vocabulary import TaskKind

ADDS_UP = 0.01  # how far from 1 rounded probabilities may add up
NOTHING = ("", "nan", "na", "none", "null")


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A line by its number in the file; `numbers` follow the snapshot's classes, None where the line gives none."""

    number: int
    image: str
    item: str
    numbers: tuple[float, ...] | None


def read(path: Path, frozen: Snapshot) -> list[ScoreRow]:
    """The lines of the file, each checked.

    Raises:
        InvalidInput: no text, no such column, or a value that cannot be what it should; names the line.
    """
    text = metadata_csv.read_text(path)
    sheet = csv.DictReader(io.StringIO(text, newline=""), delimiter=metadata_csv.detect_delimiter(text))
    header = [name.strip() for name in sheet.fieldnames or ()]
    if "image" not in header:
        raise InvalidInput(f"{path.name} has no column 'image'; its columns are: {', '.join(header) or 'none'}.")
    columns = _columns(header, frozen, path.name)
    return [
        _line(number, row, columns, frozen, path.name) for number, row in enumerate(sheet, start=2) if any(row.values())
    ]


def _columns(header: Sequence[str], frozen: Snapshot, file: str) -> list[str]:
    """The columns of the numbers, in the order of the classes; of two classes perhaps that of the last alone."""
    if frozen.kind is TaskKind.NUMBER:
        return [_one(header, ("value", "score value"), "value", file)]
    found = [_named(header, name, title) for name, title in frozen.classes]
    if frozen.kind is not TaskKind.MULTI and len(found) == 2 and found[0] is None:
        name, title = frozen.classes[1]
        return [found[1] or _one(header, ("score",), f"{title or name}' or 'score", file)]
    for column, (name, _) in zip(found, frozen.classes, strict=True):
        if column is None:
            raise InvalidInput(f"{file} has no column '{name}' with its scores; its columns are: {', '.join(header)}.")
    return [one for one in found if one is not None]


def _named(header: Sequence[str], name: str, title: str) -> str | None:
    """The column of a class: `score NAME`, as Rounds writes it, before the bare name, which may be a fact."""
    wanted = [f"score {name}", f"score {title}", name, title]
    plain = {column.casefold(): column for column in reversed(header)}
    return next((plain[one.casefold()] for one in wanted if one.strip() and one.casefold() in plain), None)


def _one(header: Sequence[str], names: Sequence[str], told: str, file: str) -> str:
    found = next((name for name in names if name in header), None)
    if found is None:
        raise InvalidInput(f"{file} has no column '{told}' with its scores; its columns are: {', '.join(header)}.")
    return found


def _line(
    number: int, row: Mapping[str | None, str | list[str] | None], columns: Sequence[str], frozen: Snapshot, file: str
) -> ScoreRow:
    cells = {(name or "").strip(): value.strip() if isinstance(value, str) else "" for name, value in row.items()}
    said = [cells[column] for column in columns]
    where = f"{file}, line {number}"
    image, item = cells["image"].replace("\\", "/"), cells.get("item", "")
    if not image:
        raise InvalidInput(f"{where}: it names no image; give the file's name, its sha256 or the catalogue's id.")
    if all(one.lower() in NOTHING for one in said):
        return ScoreRow(number, image, item, None)
    numbers = [_number(one, where, frozen) for one in said]
    if frozen.kind not in (TaskKind.MULTI, TaskKind.NUMBER):
        numbers = [1.0 - numbers[0], numbers[0]] if len(numbers) == 1 else _whole(numbers, where)
    return ScoreRow(number, image, item, tuple(numbers))


def _number(text: str, where: str, frozen: Snapshot) -> float:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        number = math.nan
    if frozen.kind is TaskKind.NUMBER and math.isfinite(number):
        return number
    if frozen.kind is TaskKind.NUMBER or not 0 <= number <= 1:
        wanted = (
            "a number" if frozen.kind is TaskKind.NUMBER else "a probability from 0 to 1 (after softmax or sigmoid)"
        )
        raise InvalidInput(f"{where}: its score is '{text}'; give {wanted}, or leave all of the line's scores empty.")
    return number


def _whole(numbers: list[float], where: str) -> list[float]:
    if abs(sum(numbers) - 1) > ADDS_UP:
        raise InvalidInput(
            f"{where}: its probabilities add up to {sum(numbers):.4g}; those of one answer among "
            f"{len(numbers)} add up to 1."
        )
    return numbers
