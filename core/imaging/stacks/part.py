"""Hold the slices of a series that belong together while it is cut into stacks."""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.imaging.stacks.attributes import SliceAttributes, sort_key
from core.imaging.stacks.places import place_ranks

Value = Callable[[SliceAttributes], Any]


@dataclass(frozen=True)
class Part:
    """Slices with their `indexes` in the series, sorted by their attributes; `titles` say what set them apart."""

    indexes: tuple[int, ...]
    slices: tuple[SliceAttributes, ...]
    titles: tuple[str, ...] = ()

    @cached_property
    def ranks(self) -> list[int]:
        """The rank of each slice's place."""
        return place_ranks(self.slices)

    @cached_property
    def counts(self) -> "Counter[int]":
        """The number of slices at each place."""
        return Counter(self.ranks)

    @property
    def repeats(self) -> int:
        """The number of slices at the place that occurs most often."""
        return max(self.counts.values())

    def values_at(self, keys: Sequence[Hashable]) -> dict[int, set[Hashable]]:
        """Return the different keys (one for each slice) at each place."""
        at: dict[int, set[Hashable]] = {}
        for rank, key in zip(self.ranks, keys, strict=True):
            at.setdefault(rank, set()).add(key)
        return at

    def cut(self, keys: Sequence[Any], title: Callable[[int, int, Any], str]) -> "list[Part]":
        """Return one part for each key, in the order of the keys; `title` is of (number from 1, count, key)."""
        ordered = sorted(set(keys), key=sort_key)
        return [
            self.take(
                [at for at, one in enumerate(keys) if one == key],
                title(number, len(ordered), key),
            )
            for number, key in enumerate(ordered, start=1)
        ]

    def take(self, at: Sequence[int], title: str) -> "Part":
        """Return the part of the slices at these positions, with one more title."""
        titles = (*self.titles, title) if title else self.titles
        return Part(tuple(self.indexes[one] for one in at), tuple(self.slices[one] for one in at), titles)
