"""Results and progress on a terminal, by `rich`: tables, and bars on standard error."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from core.cli.printing.cells import cell, fits, heading, is_blank
from core.cli.printing.result import Output, is_empty

Records = Sequence[Mapping[str, Any]]
WIDE, FEW = 8, 3  # records that are few and have many fields stand side by side, a field per line


def show(result: Output) -> None:
    """Print a result: records as a table, single values as two columns, what is within them below."""
    console = Console(highlight=False)
    if isinstance(result, list):
        _show_nested(console, "", result)
        return
    single = {key: value for key, value in result.items() if fits(value)}
    if single:
        console.print(_pairs(single))
    for key, value in result.items():
        if key not in single and not is_blank(value):
            _show_nested(console, heading(key), value)


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """Draw bars on standard error until the block ends."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield progress


def _show_nested(console: Console, title: str, value: Any) -> None:
    """Print what does not fit beside other values, below a title."""
    if title:
        console.print(Text(title, style="bold"))
    if isinstance(value, dict) and all(isinstance(inner, dict) for inner in value.values()):
        value = [{"": heading(key), **inner} for key, inner in value.items()]
    if isinstance(value, dict):
        console.print(_pairs(value))
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        console.print(_table(value))
    else:
        for item in value if isinstance(value, list) else [value]:
            console.print(Text("  ") + cell("", item))
        if not value:
            console.print("none yet")


def _table(records: Records) -> Table:
    """Return a table of the fields that any record fills, in their order."""
    names = [
        name
        for name in dict.fromkeys(key for record in records for key in record)
        if any(not is_empty(record.get(name)) for record in records)
    ]
    if len(records) <= FEW and len(names) > WIDE:
        return _side_by_side(records, names)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name in names:
        numeric = all(isinstance(record.get(name), int | float | None) for record in records)
        table.add_column(Text(heading(name)), justify="right" if numeric else "left", overflow="fold")
    for record in records:
        table.add_row(*(cell(name, record.get(name)) for name in names))
    return table


def _side_by_side(records: Records, names: Sequence[str]) -> Table:
    """Return a table with a line for each field and a column for each record."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    for name in names:
        table.add_row(Text(heading(name)), *(cell(name, record.get(name)) for record in records))
    return table


def _pairs(fields: Mapping[str, Any]) -> Table:
    return _side_by_side([fields], [name for name, value in fields.items() if not is_empty(value)])
