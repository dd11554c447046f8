"""Arrange the images of a case and their maps in the panes of the viewer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

PANES = 4
PLAIN = -1  # the pane shows no map


@dataclass(frozen=True)
class Layout:
    """The content of each pane in `places`; the first `panes` are shown, the others when the reader asks for more."""

    places: tuple[dict[str, Any], ...]
    panes: int


def arrange(image_ids: Sequence[int], n_maps: int, n_further: int = 0, *, plain: bool = False) -> Layout:
    """Arrange images side by side with one row per map, at most four panes.

    Args:
        image_ids: Image ids, the image of the case first.
        n_maps: The number of selected maps, which are shown.
        n_further: The number of maps to offer in more panes.
        plain: Whether to begin with a row without a map.
    """
    rows = [PLAIN] * (plain and n_maps > 0) + list(range(n_maps)) or [PLAIN]
    shown = [(at, row) for row in rows for at in range(len(image_ids))][:PANES]
    hidden = [(at, row) for row in range(n_maps, n_maps + n_further) for at in range(len(image_ids))]
    panes = [*shown, *hidden][:PANES]
    places = tuple({"image": image_ids[at], "of": at, "map": row} for at, row in panes)
    return Layout(places, len(shown))
