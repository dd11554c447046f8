"""Which picture lies in which pane, and under which map: plain values for the viewer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

PANES = 4
PLAIN = -1  # no map


@dataclass(frozen=True)
class Layout:
    """`places` of the panes in their order; `panes` of them are shown, the others when somebody asks for more."""

    places: tuple[dict[str, Any], ...]
    panes: int


def laid(pictures: Sequence[int], maps: int, further: int = 0, *, plain: bool = False) -> Layout:
    """Pictures side by side, one row under each map; with `plain` a first row without. At most four.

    `maps` were chosen and are shown; `further` maps follow behind them. `pictures` are image ids, the case's own first.
    """
    rows = [PLAIN] * (plain and maps > 0) + list(range(maps)) or [PLAIN]
    shown = [(at, row) for row in rows for at in range(len(pictures))][:PANES]
    behind = [(at, row) for row in range(maps, maps + further) for at in range(len(pictures))]
    every = [*shown, *behind][:PANES]
    places = tuple({"image": pictures[at], "of": at, "map": row} for at, row in every)
    return Layout(places, len(shown))
