"""Results and progress on a terminal, by `rich`: tables, and bars on standard error."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from core.cli.result import Output, is_empty, readable

CELL_LIMIT = 120  # characters of a nested value in a cell; a longer one is printed below the table


def show(result: Output) -> None:
    """Print a result: a list of records as a table, single values as two columns, records within them as tables."""
    console = Console(highlight=False)
    if isinstance(result, list):
        _show_list(console, "", result)
        return
    single = {key: value for key, value in result.items() if not is_empty(value) and _fits(value)}
    if single:
        console.print(_pairs(single))
    for key, value in result.items():
        if key not in single and not is_empty(value):
            _show_nested(console, heading(key), value)


def heading(key: str) -> str:
    """Return a key as the heading of a column: `best_epoch` is "best epoch"."""
    return str(key).replace("_", " ")


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


def _fits(value: Any) -> bool:
    """Say whether a value is printed in one cell: it holds no records, and is short."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return not any(isinstance(part, dict | list) for part in parts) and len(readable(value)) <= CELL_LIMIT


def _show_nested(console: Console, title: str, value: Any) -> None:
    if isinstance(value, list):
        _show_list(console, title, value)
    elif value and all(isinstance(inner, dict) for inner in value.values()):
        _show_list(console, title, [{"": heading(key), **inner} for key, inner in value.items()])
    else:
        console.print(Text(title, style="bold"))
        console.print(_pairs(value))


def _show_list(console: Console, title: str, items: Sequence[Any]) -> None:
    if title:
        console.print(Text(title, style="bold"))
    if not items:
        console.print("none yet")
    elif all(isinstance(item, dict) for item in items):
        console.print(_table(items))
    else:
        for item in items:
            console.print(Text(f"  {readable(item)}"))


def _table(records: Sequence[Mapping[str, Any]]) -> Table:
    """Return a table of the fields that any record fills, in their order; numbers to the right."""
    names = [name for name in dict.fromkeys(key for record in records for key in record) if _filled(records, name)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name in names:
        numeric = all(isinstance(record.get(name), int | float | None) for record in records)
        table.add_column(Text(heading(name)), justify="right" if numeric else "left", overflow="fold")
    for record in records:
        table.add_row(*(_cell(record.get(name)) for name in names))
    return table


def _filled(records: Sequence[Mapping[str, Any]], name: str) -> bool:
    return any(not is_empty(record.get(name)) for record in records)


def _pairs(fields: Mapping[str, Any]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for key, value in fields.items():
        table.add_row(Text(heading(key)), _cell(value))
    return table


def _cell(value: Any) -> Text:
    return Text("" if is_empty(value) else readable(value))
