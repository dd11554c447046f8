"""Widths of the columns of a table in which no ID is broken."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

UNBROKEN = 64  # cells of the longest word that stays whole, as long as a UID; a longer one, such as a path, may break


def column_widths(columns: Sequence[Sequence[Text]], width: int) -> list[int] | None:
    """Return widths that add up to a width at most and break no word, None where there are none.

    >>> column_widths([[Text("P-ABC")], [Text("the birth dates agree")]], 15), column_widths([[Text("P-ABC")]], 4)
    ([5, 10], None)
    """
    widths = [max((_longest_word(cell) for cell in cells), default=1) for cells in columns]
    whole = [max((cell.cell_len for cell in cells), default=1) for cells in columns]
    needs = [most - least for most, least in zip(whole, widths, strict=True)]
    spare = width - sum(widths)
    if spare < 0:
        return None
    for rank, at in enumerate(sorted(range(len(columns)), key=needs.__getitem__)):
        more = min(max(needs[at], 0), spare // (len(columns) - rank))  # who needs little leaves more to the others
        widths[at], spare = widths[at] + more, spare - more
    return widths


def _longest_word(cell: Text) -> int:
    return max((min(cell_len(word), UNBROKEN) for word in cell.plain.split()), default=1)
