"""Build the stacks of a series: cut, ordered by place along the stack's normal, measured."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.imaging.stacks.attributes import PROJECTIONS, SliceAttributes, reading_order
from core.imaging.stacks.groups import group
from core.imaging.stacks.part import Part
from core.imaging.stacks.phases import cut_repeats
from core.imaging.stacks.spacing import geometry_notes, slice_spacing


@dataclass(frozen=True, slots=True)
class SliceStack:
    """One stack: `order` are the indexes of its slices in the given series, in the order in which they are read.

    `title` says what sets it apart ("phase 2 of 3", "scout"), "" for the only stack of a series. `spacing_mm` is the
    distance between neighbouring places along the normal, None if unknown. `notes` are kinds of
    `core.imaging.notes.NOTES`.
    """

    order: tuple[int, ...]
    title: str = ""
    spacing_mm: float | None = None
    notes: tuple[str, ...] = ()


def build_stacks(slices: Sequence[SliceAttributes]) -> list[SliceStack]:
    """Return the stacks of one series, images before derived ones and scouts.

    The result does not depend on the order of `slices`. Slices are ordered by place along the stack's normal, then
    InstanceNumber, TriggerTime, SliceLocation and AcquisitionTime. The views of a projection are one stack.
    """
    if not slices:
        return []
    if all(one.modality in PROJECTIONS for one in slices):
        return [_projections(slices)]
    parts = [stack for each in group(slices) for stack in cut_repeats(each)]
    return _with_own_titles([_stack(part) for part in parts])


def _stack(part: Part) -> SliceStack:
    at = sorted(range(len(part.slices)), key=lambda index: (part.ranks[index], reading_order(part.slices[index])))
    ordered, ranks = [part.slices[one] for one in at], [part.ranks[one] for one in at]
    return SliceStack(
        tuple(part.indexes[one] for one in at),
        " · ".join(part.titles),
        slice_spacing(ordered, ranks),
        geometry_notes(ordered, ranks),
    )


def _projections(slices: Sequence[SliceAttributes]) -> SliceStack:
    return SliceStack(tuple(sorted(range(len(slices)), key=lambda at: (reading_order(slices[at]), slices[at].digest))))


def _with_own_titles(stacks: list[SliceStack]) -> list[SliceStack]:
    """Number equal titles, and note on each stack of a cut series that it is one of several."""
    if len(stacks) == 1:
        return [replace(stacks[0], title="")]
    titles = [stack.title for stack in stacks]
    numbered = [
        f"{title or 'stack'} ({titles[: at + 1].count(title)})" if titles.count(title) > 1 else title
        for at, title in enumerate(titles)
    ]
    return [
        replace(stack, title=title, notes=("series_cut", *stack.notes))
        for stack, title in zip(stacks, numbered, strict=True)
    ]
