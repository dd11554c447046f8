"""Where heat may lie: inside the body, on burned-in text or lead markers, on what a reader drew.

Pictures are (rows, columns) in [0, 1], white is tissue; maps are `core.explain.saliency_map.Values` of any size.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.explain.saliency_map import Values, resize_to_image

Mask = NDArray[np.bool_]
Picture = NDArray[np.float32]
EDGE = 256  # pictures are looked at in this size
WHITE, RISE = 0.75, 0.35  # a marker is nearly white and stands out by so much from what lies about it
NEAR = 0.25  # of the edge: a marker's middle is so near to a border, or lies outside the body
LARGEST, LEAST = 0.35, 6  # a marker is no longer than that share of the edge, and has so many white pixels at 128 px
DIFFUSE = 0.5  # of the picture: a map whose upper half covers more points nowhere


@dataclass(frozen=True, slots=True)
class Regions:
    """What lies where in a picture; `body` is None where nothing dark surrounds one."""

    body: Mask | None
    marks: Mask


@dataclass(frozen=True, slots=True)
class HeatShares:
    """Shares of a map's heat, None where unknown: outside the body, on marks; and the area that those have.

    `peak_on_mark` is whether its hottest point lies there; `spread` is the area of its upper half, 0 of an empty map.
    """

    outside: float | None
    outside_area: float | None
    marks: float | None
    marks_area: float
    peak_on_mark: bool
    spread: float


def places(picture: Picture) -> Regions:
    """Found by the picture's own pixels alone."""
    inside = body(picture)
    return Regions(inside, find_burned_in_text(picture, inside))


def body(picture: Picture) -> Mask | None:
    """What is not the dark that reaches the border; None where that is less than a hundredth or more than nine tenths.

    Dark is the lowest of three classes (Otsu 1979, twice), so that lungs are not taken for the air about a chest.
    """
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(picture, max(picture.shape) / 128)
    first = otsu(smooth)
    if first is None:
        return None
    below = smooth[smooth < first]
    dark = smooth < (otsu(below) or first)
    dark = ndimage.binary_opening(dark, iterations=max(1, max(picture.shape) // 128), border_value=1)
    named, _ = ndimage.label(dark)
    border = np.unique(np.concatenate([named[0], named[-1], named[:, 0], named[:, -1]]))
    outside = np.isin(named, border[border > 0])
    if not 0.01 <= outside.mean() <= 0.9:
        return None
    parts, _ = ndimage.label(~outside)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return np.asarray(parts == sizes.argmax(), dtype=np.bool_)


def find_burned_in_text(picture: Picture, inside: Mask | None) -> Mask:
    """Small, thin, nearly white things that stand out, near the border or outside the body: letters, lead, arrows."""
    from scipy import ndimage

    edge = max(picture.shape)
    stroke = max(3, edge // 20)  # wider than a letter's line
    risen = picture - ndimage.grey_opening(picture, size=(stroke, stroke))
    white = (picture > WHITE) & (risen > RISE)
    joined = ndimage.binary_dilation(white, iterations=max(1, edge // 64))
    named, _ = ndimage.label(joined, structure=np.ones((3, 3)))
    marks = np.zeros(picture.shape, np.bool_)
    for number, part in enumerate(ndimage.find_objects(named), start=1):
        pixels = named[part] == number
        if white[part][pixels].sum() >= (edge / 128) ** 2 * LEAST and _is_mark(part, pixels, picture.shape, inside):
            marks[part] |= pixels
    return marks


def _is_mark(part: tuple[slice, slice], pixels: Mask, shape: tuple[int, ...], inside: Mask | None) -> bool:
    edge = max(shape)
    tall, wide = (one.stop - one.start for one in part)
    if max(tall, wide) > LARGEST * edge:
        return False
    middle = [(one.start + one.stop) / 2 for one in part]
    if min(min(at, length - at) for at, length in zip(middle, shape, strict=True)) < NEAR * edge:
        return True
    return inside is not None and bool((~inside[part])[pixels].mean() > 0.8)


def heat_by_region(values: Values, regions: Regions) -> HeatShares:
    """Where a map's heat lies."""
    shown = stretched(values, regions.marks.shape)
    whole = float(shown.sum())
    spread = float((shown > 0.5 * shown.max()).mean()) if whole > 0 else 0.0
    outside = None if regions.body is None else ~regions.body
    # what lies about a mark counts too: a map is coarser than a letter
    reach = grown(regions.marks, max(1, regions.marks.shape[0] // 32))
    peak = np.unravel_index(int(shown.argmax()), shown.shape)
    return HeatShares(
        outside=share(shown, outside),
        outside_area=None if outside is None else float(outside.mean()),
        marks=share(shown, reach) if regions.marks.any() else None,
        marks_area=float(reach.mean()),
        peak_on_mark=bool(whole > 0 and reach[peak]),
        spread=spread,
    )


def words(shares: HeatShares) -> tuple[str, ...]:
    """Return what a reader should know before they trust a map; () without a warning."""
    if not shares.spread:
        return ("empty: the method found no relevant region",)
    warnings = []
    if shares.marks is not None and (shares.peak_on_mark or shares.marks > max(0.2, 3 * shares.marks_area)):
        warnings.append(f"heat on text or a marker ({100 * shares.marks:.0f} % of it)")
    if shares.outside is not None and shares.outside > 0.25:
        warnings.append(f"heat outside the body ({100 * shares.outside:.0f} % of it)")
    if shares.spread > DIFFUSE:
        warnings.append(f"low contrast: {100 * shares.spread:.0f} % of the image is about as hot as the peak")
    return tuple(warnings)


def share(shown: Values, mask: Mask | None) -> float | None:
    """Of the heat that lies in the mask; None without mask or heat."""
    whole = float(shown.sum())
    return None if mask is None or whole <= 0 else float(shown[mask].sum()) / whole


def stretched(values: Values, shape: tuple[int, ...]) -> Values:
    """A map at another size, nearest cells smoothed."""
    return resize_to_image(values, shape[0], shape[1])


def grown(mask: Mask, pixels: int) -> Mask:
    """The mask and all that lies so near."""
    from scipy import ndimage

    return np.asarray(ndimage.binary_dilation(mask, iterations=pixels), dtype=np.bool_) if mask.any() else mask


def otsu(values: NDArray[np.floating]) -> float | None:
    """The threshold between two classes (Otsu 1979); None where all values are alike."""
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    if high - low < 1e-6:
        return None
    counts, edges = np.histogram(values, bins=128, range=(low, high))
    middles = (edges[1:] + edges[:-1]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    mass = np.cumsum(counts * middles)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (mass / below - (mass[-1] - mass) / above) ** 2
    return float(edges[1:][int(np.nan_to_num(between).argmax())])
