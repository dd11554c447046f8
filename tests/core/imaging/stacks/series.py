"""Draw the slices of series as the files of scanners describe them."""

from dataclasses import replace
from typing import Any

from core.imaging.stacks import SliceAttributes, SliceStack, build_stacks

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)


def axial(z: float, **changes: Any) -> SliceAttributes:
    """One axial slice at z mm."""
    plain = SliceAttributes(
        orientation=AXIAL, place=(-8.0, -8.0, z), rows=16, columns=16, spacing=(1.0, 1.0), modality="MR"
    )
    return replace(plain, **changes)


def volume(count: int = 6, pitch: float = 5.0, *, first: int = 1, **changes: Any) -> list[SliceAttributes]:
    """Slices of one volume, numbered from `first`."""
    return [axial(pitch * z, instance=float(first + z), **changes) for z in range(count)]


def read(slices: list[SliceAttributes]) -> list[list[SliceAttributes]]:
    """The slices of each stack, in order."""
    return [[slices[at] for at in stack.order] for stack in build_stacks(slices)]


def titles(slices: list[SliceAttributes]) -> list[tuple[str, int]]:
    """Title and number of slices of each stack."""
    return [(stack.title, len(stack.order)) for stack in build_stacks(slices)]


def only(slices: list[SliceAttributes]) -> SliceStack:
    """The one stack of a series."""
    (stack,) = build_stacks(slices)
    return stack
