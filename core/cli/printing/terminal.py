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
from core.cli.printing.widths import column_widths

Records = Sequence[Mapping[str, Any]]
GAP = 3  # blanks between two columns
WIDE, FEW = 8, 3  # records that are few and have many fields stand side by side, a field per line


def show(result: Output) -> None:
    """Print a result: records as a table, single values as two columns, what is within them below."""
    console = Console(highlight=False)
    if isinstance(result, list):
        _show_nested(console, "", result)
        return
    single = {key: value for key, value in result.items() if fits(value)}
    if single:
        _print_pairs(console, single)
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
        _print_pairs(console, value)
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        _print_records(console, value)
    else:
        for item in value if isinstance(value, list) else [value]:
            console.print(Text("  ") + cell("", item))
        if not value:
            console.print("none yet")


def _print_pairs(console: Console, fields: Mapping[str, Any]) -> None:
    _print_side_by_side(console, [fields], [name for name, value in fields.items() if not is_empty(value)])


def _print_records(console: Console, records: Records) -> None:
    """Print a table of the fields that any record fills, in their order; where IDs would break, field by field."""
    names = [
        name
        for name in dict.fromkeys(key for record in records for key in record)
        if any(not is_empty(record.get(name)) for record in records)
    ]
    if len(records) <= FEW and len(names) > WIDE:
        _print_side_by_side(console, records, names)
        return
    columns = [[Text(heading(name)), *(cell(name, record.get(name)) for record in records)] for name in names]
    widths = column_widths(columns, console.width - GAP * len(names))
    if widths is None:
        _print_one_by_one(console, records, names)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name, width in zip(names, widths, strict=True):
        numeric = all(isinstance(record.get(name), int | float | None) for record in records)
        table.add_column(Text(heading(name)), justify="right" if numeric else "left", overflow="fold", width=width)
    for record in records:
        table.add_row(*(cell(name, record.get(name)) for name in names))
    console.print(table)


def _print_side_by_side(console: Console, records: Records, names: Sequence[str]) -> None:
    """Print a line for each field and a column for each record."""
    columns = [[Text(heading(name)) for name in names]]
    columns += [[cell(name, record.get(name)) for name in names] for record in records]
    title = max((text.cell_len for text in columns[0]), default=1)
    widths = column_widths(columns[1:], console.width - title - GAP * len(columns))
    if widths is None:
        _print_one_by_one(console, records, names)
        return
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, GAP, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    for width in widths:
        table.add_column(overflow="fold", width=width)
    for row in zip(*columns, strict=True):
        table.add_row(*row)
    console.print(table)


def _print_one_by_one(console: Console, records: Records, names: Sequence[str]) -> None:
    """Print each record, a field per line; a terminal that is too narrow continues a line, and breaks nothing."""
    title = max(len(heading(name)) for name in names) + GAP
    for place, record in enumerate(records):
        if place:
            console.print()
        for name in names:
            if not is_empty(record.get(name)):
                line = Text(heading(name).ljust(title), style="bold")
                console.print(Text.assemble(line, cell(name, record.get(name))), soft_wrap=True)
