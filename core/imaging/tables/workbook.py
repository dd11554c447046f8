"""Read sheets of Excel and OpenDocument workbooks: values as a reader of the sheet sees them, never formulas."""

import io
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from core.errors import InvalidInput

OOXML, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def is_workbook(raw: bytes) -> bool:
    """Return whether the bytes begin as those of a workbook do."""
    return raw.startswith((OOXML, OLE))


def read_sheet(raw: bytes, name: str, sheet: str | None) -> tuple[tuple[str, ...], list[Sequence[str]]]:
    """Return the names of the sheets with cells, and the rows of one: the first one where none is chosen.

    Raises:
        InvalidInput: the file is no workbook, is protected by a password, or has no such sheet.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        names = tuple(one for one in book.sheet_names if book.get_sheet_by_name(one).total_height)
    except PasswordError as error:
        raise InvalidInput(f"{name} is protected by a password; save it without one.") from error
    except CalamineError as error:
        raise InvalidInput(f"{name} is no Excel workbook, or is damaged; save it as .xlsx or CSV.") from error
    if not names:
        raise InvalidInput(f"{name} has no sheet with cells.")
    if sheet is not None and sheet not in names:
        raise InvalidInput(f"{name} has no sheet '{sheet}'; its sheets are: {', '.join(names)}.")
    chosen = book.get_sheet_by_name(sheet or names[0])
    rows = [[*map(_text, row)] for row in chosen.to_python(skip_empty_area=False)]
    for (top, left), (bottom, _) in chosen.merged_cell_ranges or ():
        for row in rows[top + 1 : bottom + 1]:
            row[left] = rows[top][left]  # cells merged downwards have one value, as the sheet shows it
    return names, [*rows]


def _text(value: Any) -> str:
    """Return a cell as text: whole numbers without a fraction, dates as ISO 8601."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)
