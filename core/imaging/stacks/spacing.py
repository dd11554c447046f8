"""Measure the distance between slices along the normal, and note what is uneven, missing, twice or tilted."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median_low

from core.imaging.stacks.attributes import SliceAttributes, is_placed
from core.imaging.stacks.places import distances, in_plane_shift, same_place_mm

EVEN = 0.1  # relative: steps that differ less are even; positions are often rounded
TILT = 0.0175  # tan(1°)
CROSS_SECTIONS = ("CT", "MR", "PT")
DIGITS = 6  # of a distance in mm


def slice_spacing(slices: Sequence[SliceAttributes], ranks: Sequence[int]) -> float | None:
    """Return the median distance in mm between neighbouring places of an ordered stack; None if it has one place."""
    steps = _steps(slices, ranks)
    return round(median_low(steps), DIGITS) if steps else None


def geometry_notes(slices: Sequence[SliceAttributes], ranks: Sequence[int]) -> tuple[str, ...]:
    """Return the kinds of notes on the geometry of an ordered stack."""
    steps = _steps(slices, ranks)
    if not steps:
        return ("unplaced_slices",) if len(slices) > 1 and _are_unplaced(slices) else ()
    pitch = median_low(steps)
    odd = [step / pitch for step in steps if abs(step - pitch) > EVEN * pitch]
    gaps = [ratio for ratio in odd if ratio >= 2 - EVEN and abs(ratio - round(ratio)) <= EVEN]
    return tuple(
        kind
        for kind, is_so in (
            ("duplicate_slice", len(set(ranks)) < len(ranks)),
            ("missing_slice", bool(gaps)),
            ("uneven_spacing", len(gaps) < len(odd)),
            ("tilted_gantry", _is_tilted(slices, sum(steps))),
        )
        if is_so
    )


def _are_unplaced(slices: Sequence[SliceAttributes]) -> bool:
    """Return whether slices through the body, which should have a position, have none."""
    return all(one.modality in CROSS_SECTIONS and one.frames == 1 and not is_placed(one) for one in slices)


def _steps(slices: Sequence[SliceAttributes], ranks: Sequence[int]) -> list[float]:
    along = distances(slices)
    if len(along) != len(slices):
        return []
    first_of_place = [at for at, rank in enumerate(ranks) if at == 0 or rank != ranks[at - 1]]
    return [along[after] - along[before] for before, after in pairwise(first_of_place)]


def _is_tilted(slices: Sequence[SliceAttributes], extent: float) -> bool:
    """Return whether the slices are shifted along their plane from end to end, by more than rounding and 1°."""
    shift = in_plane_shift(slices[0], slices[-1])
    pixel = min(slices[0].spacing) if slices[0].spacing else 1.0
    return shift > max(TILT * extent, pixel / 2, same_place_mm(slices))
