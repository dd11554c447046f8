"""Find the stacks that show the places of another one at another echo, b-value, phase or time, and name them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.imaging.stacks.attributes import SliceAttributes, Vector, is_placed, sort_key
from core.imaging.stacks.contrast_titles import contrast_titles
from core.imaging.stacks.groups import kind_of, same_orientation
from core.imaging.stacks.places import dot, stack_normal

APART_MM = 1.0  # stacks of one slice each that lie nearer than this show one place
# Words of an ImageType that name an echo (in phase, out of phase): such stacks differ in their echo only.
ECHO_WORDS = frozenset(("IN_PHASE", "OPP_PHASE", "OPPOSED_PHASE", "OUT_PHASE"))
IN_ORDER = (
    "echo_ms",
    "echo",
    "b_value",
    "inversion_ms",
    "flip_degrees",
    "cardiac_phase",
    "temporal_position",
    "trigger_ms",
)
IN_TIME = ("acquisition", "acquired_s", "instance")

Slices = Sequence[SliceAttributes]
Span = tuple[float, float]  # the least and the greatest value of a stack


@dataclass(frozen=True, slots=True)
class Sibling:
    """A stack by its `index` among those given; `title` says what sets it apart ("Echo 2 · TE 60 ms")."""

    index: int
    title: str


def siblings(stacks: Sequence[Slices], shown: int, *, one_series: bool) -> list[Sibling]:
    """Return the stacks that lie beside the `shown` one, itself among them, in the order in which they are read.

    Siblings have the kind and the orientation of the shown stack, and places in common with it. Stacks of one series
    then differ in their contrast or their time, or they were no stacks of their own; those of other series must say in
    what they differ. The order is that of echo time, b-value, phase and time. [] if the stack has no siblings.

    Args:
        stacks: The slices of each stack, at least the first, the middle and the last.
        shown: The index of the stack that is shown.
        one_series: Whether all stacks are of one series.
    """
    at = [index for index, stack in enumerate(stacks) if index == shown or _is_beside(stack, stacks[shown], one_series)]
    if len(at) < 2:
        return []
    spans = {index: {name: _span(stacks[index], name) for name in (*IN_ORDER, *IN_TIME)} for index in at}
    at.sort(key=lambda index: [sort_key(spans[index][name]) for name in (*IN_ORDER, *IN_TIME)])
    return [
        Sibling(index, title) for index, title in zip(at, contrast_titles([spans[index] for index in at]), strict=True)
    ]


def _is_beside(stack: Slices, shown: Slices, one_series: bool) -> bool:
    return (
        bool(stack)
        and _words(stack) == _words(shown)
        and stack[0].modality == shown[0].modality
        and kind_of(stack[0]) == kind_of(shown[0])
        and _share_places(stack, shown)
        and (one_series or _differ(stack, shown))
    )


def _words(stack: Slices) -> frozenset[str]:
    return frozenset(word for one in stack for word in one.image_type) - ECHO_WORDS


def _share_places(stack: Slices, shown: Slices) -> bool:
    """Return whether two stacks lie in one orientation, overlap along its normal, and within its plane."""
    if not all(is_placed(one) and one.frames == 1 for one in (*stack, *shown)):
        return False
    if not same_orientation(stack[0], shown[0]):
        return False
    normal = stack_normal(shown) or ()
    (low, high), (from_mm, to_mm) = (
        (min(along), max(along))
        for along in ([dot(one.place or (), normal) for one in each] for each in (stack, shown))
    )
    return low <= to_mm + APART_MM and from_mm <= high + APART_MM and _overlap_in_plane(stack[0], shown[0])


def _overlap_in_plane(first: SliceAttributes, second: SliceAttributes) -> bool:
    """Return whether the middle of one image lies within the other; a left and a right knee do not."""
    if not (first.spacing and second.spacing and second.orientation):
        return True
    step = [b - a for a, b in zip(_middle(first), _middle(second), strict=True)]
    across, down = (
        max(first.spacing[side] * edges[0], second.spacing[side] * edges[1]) / 2
        for side, edges in ((1, (first.columns, second.columns)), (0, (first.rows, second.rows)))
    )
    return abs(dot(step, second.orientation[:3])) < across and abs(dot(step, second.orientation[3:])) < down


def _middle(image: SliceAttributes) -> Vector:
    (down, across), plane = image.spacing or (0.0, 0.0), image.orientation or (0.0,) * 6
    x, y = across * (image.columns - 1) / 2, down * (image.rows - 1) / 2
    return tuple(a + x * b + y * c for a, b, c in zip(image.place or (), plane[:3], plane[3:], strict=True))


def _differ(stack: Slices, shown: Slices) -> bool:
    """Return whether both say their contrast, phase, acquisition or time, and these are not the same."""
    pairs = {name: (_span(stack, name), _span(shown, name)) for name in (*IN_ORDER, "acquisition", "acquired_s")}
    apart = {name: (a, b) for name, (a, b) in pairs.items() if a is not None and b is not None and a != b}
    if set(apart) - {"acquired_s"}:
        return True
    return any(a[0] > b[1] or b[0] > a[1] for a, b in apart.values())  # one volume after the other, not reformatted


def _span(stack: Slices, name: str) -> Span | None:
    values: list[Any] = [getattr(one, name) for one in stack if getattr(one, name) is not None]
    return (min(values), max(values)) if values else None
