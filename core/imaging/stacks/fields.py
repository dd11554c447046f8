"""Tell fields of view apart that lie beside each other in one plane, such as a left and a right knee."""

from core.imaging.stacks.attributes import SliceAttributes
from core.imaging.stacks.part import Part
from core.imaging.stacks.places import cluster, in_plane_shift

SHIFT_MM = 1.0  # slices of one place that lie further apart within their plane show other parts of the body


def fields_of_view(part: Part) -> list[int]:
    """Return the number of each slice's field of view, where slices of one place are shifted against each other."""
    if not _is_shifted(part):
        return [0] * len(part.slices)
    fields = cluster(range(len(part.slices)), lambda a, b: in_plane_shift(part.slices[a], part.slices[b]) <= SHIFT_MM)
    field_of = {at: number for number, members in enumerate(fields) for at in members}
    return [field_of[at] for at in range(len(part.slices))]


def _is_shifted(part: Part) -> bool:
    """Return whether most repeated places have slices that are shifted within their plane (not a tilted gantry)."""
    first_of_place, shifted = dict[int, SliceAttributes](), set[int]()
    for rank, current in zip(part.ranks, part.slices, strict=True):
        if in_plane_shift(first_of_place.setdefault(rank, current), current) > SHIFT_MM:
            shifted.add(rank)
    return 2 * len(shifted) > sum(count > 1 for count in part.counts.values()) and 2 * len(shifted) >= len(part.counts)
