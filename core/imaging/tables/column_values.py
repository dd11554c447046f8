"""Count the values of the columns of a table in bounded memory."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice

from core.imaging.tables.table import Row, Table
from core.imaging.tables.words import MISSING

KNOWN = 2_000  # the most values of a column that are counted one by one
CHUNK = 10_000  # rows


@dataclass(slots=True)
class ColumnValues:
    """The values of a column with their counts; of more than `KNOWN` the first ones, and `many` is set.

    `names` are those of its values that are names of files.
    """

    title: str
    counts: Counter[str] = field(default_factory=Counter)
    missing: int = 0
    many: bool = False
    names: set[str] = field(default_factory=set)

    def add(self, cells: Sequence[str], known: Set[str]) -> None:
        """Count the cells of some rows; `known` are names of files."""
        added = Counter(cells)
        self.missing += sum(added.pop(word, 0) for word in MISSING)
        self.names |= known & added.keys()
        for value in added if self.many or len(self.counts) + len(added) > KNOWN else ():
            if value not in self.counts and len(self.counts) >= KNOWN:
                self.many = True
                break
            self.counts.setdefault(value, 0)
        self.counts.update({value: added[value] for value in self.counts.keys() & added.keys()} if self.many else added)

    @property
    def values(self) -> list[str]:
        """The values that are counted, without those for missing."""
        return list(self.counts)


def column_values(table: Table, known: Set[str] = frozenset()) -> list[ColumnValues]:
    """Return the values of each column, of all rows.

    Raises:
        InvalidInput: a row that does not fit its header.
    """
    columns = [ColumnValues(title) for title in table.columns]
    for rows in _chunks(table.rows()):
        for column, cells in zip(columns, zip(*(cells for _, cells in rows), strict=True), strict=True):
            column.add(cells, known)
    return columns


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
