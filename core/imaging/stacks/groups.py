"""Set apart what never belongs to one stack: other kinds of images, planes, sizes and pixel spacings."""

from collections.abc import Callable, Sequence
from math import isclose

from core.imaging.dicom.geometry import normal_of
from core.imaging.stacks.attributes import SliceAttributes, canonical_key, is_placed
from core.imaging.stacks.part import Part
from core.imaging.stacks.places import cluster, dot

ONE_DEGREE = 1.5e-4  # 1 − cos(1°): directions nearer than that are one orientation
SAME_SPACING = 1e-3  # relative: rounding
SCOUTS = ("LOCALIZER", "SCOUT", "SURVEY", "TOPOGRAM")
CAPTURES = ("SCREEN SAVE", "SCREENSAVE", "SCREEN CAPTURE")
KINDS = ("", "derived", "secondary", "scout", "dose sheet", "screen capture")  # in the order of their stacks
AXES = ("sagittal", "coronal", "axial")
SQUARE_ON = 0.9  # cosine of about 25°: a plane is named after an axis within that

Member = tuple[int, SliceAttributes]


def group(slices: Sequence[SliceAttributes]) -> list[Part]:
    """Return the groups of a series: images first, then derived ones and scouts, the largest of each kind first."""
    members = sorted(enumerate(slices), key=lambda member: canonical_key(member[1]))
    groups = cluster(members, lambda first, second: _belong(first[1], second[1]))
    ordered = sorted(groups, key=lambda each: (KINDS.index(kind_of(each[0][1])), -len(each)))
    firsts = [each[0][1] for each in ordered]
    return [
        Part(
            tuple(index for index, _ in each),
            tuple(one for _, one in each),
            _titles(each[0][1], firsts),
        )
        for each in ordered
    ]


def kind_of(attributes: SliceAttributes) -> str:
    """Return the kind of an image by its ImageType (PS3.3 C.7.6.1.1.2): one of KINDS, "" for an ordinary one."""
    words = [word.strip().upper() for word in attributes.image_type]
    if any(word in SCOUTS for word in words):
        return "scout"
    if any("DOSE" in word for word in words[2:]) and attributes.modality in ("CT", "OT", ""):
        return "dose sheet"
    if any(word in CAPTURES for word in words):
        return "screen capture"
    if words[:1] == ["DERIVED"]:
        return "derived"
    return "secondary" if words[1:2] == ["SECONDARY"] else ""


def plane_name(attributes: SliceAttributes) -> str:
    """Return the name of the slice's plane: axial, coronal, sagittal or oblique."""
    if attributes.orientation is None or not is_placed(attributes):
        return "without position"
    normal = [abs(cosine) for cosine in normal_of(attributes.orientation)]
    return AXES[normal.index(max(normal))] if max(normal) >= SQUARE_ON else "oblique"


def _belong(first: SliceAttributes, second: SliceAttributes) -> bool:
    return (
        kind_of(first) == kind_of(second)
        and _size(first) == _size(second)
        and is_placed(first) == is_placed(second)
        and same_orientation(first, second)
        and _same_spacing(first, second)
    )


def _size(attributes: SliceAttributes) -> tuple[int, int, bool]:
    return attributes.rows, attributes.columns, attributes.frames > 1


def same_orientation(first: SliceAttributes, second: SliceAttributes) -> bool:
    """Return whether two placed slices lie in parallel planes, within 1°, with the same rows and columns."""
    a, b = first.orientation, second.orientation
    if a is None or b is None or not is_placed(first):
        return True  # slices without a position are not cut by it
    return all(1.0 - dot(a[part], b[part]) <= ONE_DEGREE for part in (slice(0, 3), slice(3, 6)))


def _same_spacing(first: SliceAttributes, second: SliceAttributes) -> bool:
    a, b = first.spacing, second.spacing
    if a is None or b is None:
        return a is b
    return all(isclose(x, y, rel_tol=SAME_SPACING) for x, y in zip(a, b, strict=True))


def _titles(attributes: SliceAttributes, firsts: Sequence[SliceAttributes]) -> tuple[str, ...]:
    """Return what sets a group apart from the others: its kind, and among groups of its kind plane, size, spacing."""
    same_kind = [first for first in firsts if kind_of(first) == kind_of(attributes)]
    titles = [kind_of(attributes)] if len({kind_of(first) for first in firsts}) > 1 else []
    for named in (plane_name, _size_name, _spacing_name):
        titles += [named(attributes)] if _differ(named, same_kind) else []
    return tuple(title for title in titles if title)


def _differ(named: Callable[[SliceAttributes], str], firsts: Sequence[SliceAttributes]) -> bool:
    return len({named(first) for first in firsts}) > 1


def _size_name(attributes: SliceAttributes) -> str:
    return f"{attributes.columns} × {attributes.rows}"


def _spacing_name(attributes: SliceAttributes) -> str:
    return f"pixels of {attributes.spacing[0]:.3g} mm" if attributes.spacing else ""
