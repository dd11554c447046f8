"""Measure where slices lie along the normal of their stack, and which of them share a place."""

from collections.abc import Callable, Sequence
from math import hypot, sqrt
from typing import TypeVar

from core.imaging.dicom.geometry import normal_of
from core.imaging.stacks.attributes import SliceAttributes, Vector, is_placed

SAME_MM, SAME_PIXELS = 0.03, 0.06  # slices nearer than both, in mm and in pixels, share a place

Member = TypeVar("Member")


def stack_normal(slices: Sequence[SliceAttributes]) -> Vector | None:
    """Return the unit normal of a stack, the mean of its slices' normals; None if no slice is placed."""
    normals = [normal_of(one.orientation) for one in slices if one.orientation and is_placed(one)]
    if not normals:
        return None
    total = tuple(map(sum, zip(*normals, strict=True)))
    length = sqrt(dot(total, total)) or 1.0
    return tuple(part / length for part in total)


def place_ranks(slices: Sequence[SliceAttributes]) -> list[int]:
    """Return the rank of each slice's place along the stack's normal; all 0 if the slices are not placed."""
    normal = stack_normal(slices)
    if normal is None:
        return [0] * len(slices)
    along = [dot(one.place or (0.0, 0.0, 0.0), normal) for one in slices]
    tolerance = same_place_mm(slices)
    ranks, rank, first = [0] * len(slices), -1, 0.0
    for at in sorted(range(len(slices)), key=along.__getitem__):
        if rank < 0 or along[at] - first > tolerance:
            rank, first = rank + 1, along[at]
        ranks[at] = rank
    return ranks


def same_place_mm(slices: Sequence[SliceAttributes]) -> float:
    """Return the distance in mm within which two slices share a place: rounding, also for voxels of micrometres."""
    pixels = [min(one.spacing) for one in slices if one.spacing]
    return min(SAME_MM, SAME_PIXELS * min(pixels)) if pixels else SAME_MM


def distances(slices: Sequence[SliceAttributes]) -> list[float]:
    """Return the position of each placed slice along the stack's normal, in mm."""
    normal = stack_normal(slices)
    return [dot(one.place, normal) for one in slices if one.place] if normal else []


def in_plane_shift(first: SliceAttributes, second: SliceAttributes) -> float:
    """Return how far two slices are shifted against each other within the plane of the first, in mm."""
    if not (first.place and second.place and first.orientation):
        return 0.0
    step = tuple(b - a for a, b in zip(first.place, second.place, strict=True))
    return hypot(dot(step, first.orientation[:3]), dot(step, first.orientation[3:]))


def cluster(members: Sequence[Member], alike: Callable[[Member, Member], bool]) -> list[list[Member]]:
    """Return groups of members that are alike the first of their group, in the order of the members."""
    groups: list[list[Member]] = []
    for member in members:
        group = next((one for one in groups if alike(one[0], member)), None)
        if group is None:
            groups.append([member])
        else:
            group.append(member)
    return groups


def dot(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the scalar product."""
    return sum(a * b for a, b in zip(first, second, strict=True))
