"""Read a table of predictions: the image of each line, and its score for each class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import InvalidInput
from core.imaging.tables import words
from core.imaging.tables.column_guesses import with_titles
from core.imaging.tables.column_titles import Role
from core.imaging.tables.dialect import Dialect
from core.imaging.tables.table import Table, listed, read_table
from core.imaging.tables.words import is_missing
from db.tables import Snapshot
from db.vocabulary import TaskKind

ADDS_UP = 0.01  # tolerance for the sum of rounded probabilities


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A line of the file; `numbers` are the scores in the order of the snapshot's classes, None if empty."""

    number: int
    image: str
    item: str
    numbers: tuple[float, ...] | None


def read(path: Path, frozen: Snapshot, dialect: Dialect | None = None, *, sheet: str | None = None) -> list[ScoreRow]:
    """Read and check the lines of a file.

    Raises:
        InvalidInput: not text, a missing column, or an invalid value; names the line.
    """
    table = with_titles(read_table(path, dialect, sheet=sheet), {"image": Role.FILE})
    table.column("image")
    columns = _columns(table.columns, frozen, path.name)
    return [_line(number, cells, columns, frozen, table) for number, cells in table.records()]


def _columns(header: Sequence[str], frozen: Snapshot, file: str) -> list[str]:
    """Return the score columns in class order; for two classes possibly that of the last class alone."""
    if frozen.kind is TaskKind.NUMBER:
        return [_required_column(header, ("value", "score value"), "value", file)]
    class_columns = [_class_column(header, name, title) for name, title in frozen.classes]
    if frozen.kind is not TaskKind.MULTI and len(class_columns) == 2 and class_columns[0] is None:
        name, title = frozen.classes[1]
        return [class_columns[1] or _required_column(header, ("score",), f"{title or name}' or 'score", file)]
    for column, (name, _) in zip(class_columns, frozen.classes, strict=True):
        if column is None:
            raise InvalidInput(f"{file} has no score column '{name}'; its columns are: {listed(header)}.")
    return [column for column in class_columns if column is not None]


def _class_column(header: Sequence[str], name: str, title: str) -> str | None:
    """Return the column of a class: `score NAME` as Rounds writes it, before the bare name, which may be metadata."""
    candidates = [f"score {name}", f"score {title}", name, title]
    by_name = {column.casefold(): column for column in reversed(header)} | {column: column for column in header}
    spelt = (spelling for one in candidates if one.strip() for spelling in (one, one.casefold()))
    return next((by_name[one] for one in spelt if one in by_name), None)


def _required_column(header: Sequence[str], names: Sequence[str], expected: str, file: str) -> str:
    column = next((name for name in names if name in header), None)
    if column is None:
        raise InvalidInput(f"{file} has no score column '{expected}'; its columns are: {listed(header)}.")
    return column


def _line(line: int, cells: Mapping[str, str], columns: Sequence[str], frozen: Snapshot, table: Table) -> ScoreRow:
    texts = [cells[column] for column in columns]
    place = f"{table.name}, line {line}"
    image, item = cells["image"].replace("\\", "/"), cells.get("item", "")
    if not image:
        raise InvalidInput(
            f"{place}: the image is missing; give the file's name, its sha256, or its id in the catalogue as id:24."
        )
    if all(map(is_missing, texts)):
        return ScoreRow(line, image, item, None)
    numbers = [_number(one, place, frozen) for one in texts]
    if frozen.kind not in (TaskKind.MULTI, TaskKind.NUMBER):
        numbers = [1.0 - numbers[0], numbers[0]] if len(numbers) == 1 else _check_sum(numbers, place)
    return ScoreRow(line, image, item, tuple(numbers))


def _number(text: str, where: str, frozen: Snapshot) -> float:
    number = words.number(text)
    if number is not None and (frozen.kind is TaskKind.NUMBER or 0 <= number <= 1):
        return number
    expected = "a number" if frozen.kind is TaskKind.NUMBER else "a probability from 0 to 1 (after softmax or sigmoid)"
    raise InvalidInput(f"{where}: the score is '{text}'; give {expected}, or leave all scores of the line empty.")


def _check_sum(numbers: list[float], where: str) -> list[float]:
    if abs(sum(numbers) - 1) > ADDS_UP:
        raise InvalidInput(
            f"{where}: the probabilities of the {len(numbers)} classes add up to {sum(numbers):.4g}; they must add up "
            "to 1."
        )
    return numbers
