"""Simulate a 12-bit radiograph: positioning, opacity, noise, tone curve, lead marker, collimation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from core.imaging.phantoms import anatomy
from core.imaging.phantoms.anatomy import EDGE, Build, Map
from core.imaging.phantoms.cohort import Exposure, Site

WHITE = 4095
Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels; right and bottom exclusive


@dataclass(frozen=True, slots=True)
class Opacity:
    """One patient's opacity: position, radius at the first visit, density relative to lung, and growth per visit."""

    x: float
    y: float
    radius: float
    density: float
    growth: float
    lobes: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Radiograph:
    """A radiograph of 12-bit stored values (EDGE, EDGE), with the bounding boxes of opacities and marker."""

    values: NDArray[np.uint16]
    opacities: tuple[Box, ...]
    marker: Box | None


def draw_opacity(rng: np.random.Generator, build: Build) -> Opacity:
    """Draw an opacity at a random position in a lung."""
    while True:
        x, y = float(rng.choice([-1, 1]) * rng.uniform(0.2, 0.7)), float(rng.uniform(-0.55, 0.4))
        if anatomy.in_lung(build, x, y) > 0.6:
            break
    return Opacity(
        x=x,
        y=y,
        radius=float(rng.uniform(0.08, 0.135)),
        density=float(rng.uniform(0.7, 1.0)),
        growth=float(rng.uniform(0.0, 0.12)),
        lobes=tuple(rng.uniform(-0.05, 0.05, 4).tolist()),
    )


def expose(rng: np.random.Generator, chest: Map, opacity: Opacity | None, exposure: Exposure) -> Radiograph:
    """Return the radiograph of a chest thickness map (EDGE, EDGE), in cm of water."""
    place = _Positioning.draw(rng, exposure)
    thickness = place.moved(chest)
    boxes: tuple[Box, ...] = ()
    if opacity is not None:
        boxes = (_add_opacity(thickness, place, opacity, exposure),)
    signal = _detect(rng, thickness, exposure.site)
    marker = _add_marker(rng, signal) if exposure.marker else None
    _collimate(rng, signal, exposure.site)
    values = np.clip(signal, 0, 1) * WHITE
    stored = values if exposure.site.photometric == "MONOCHROME2" else WHITE - values
    return Radiograph(np.round(stored).astype(np.uint16), boxes, marker)


@dataclass(frozen=True, slots=True)
class _Positioning:
    """The position of the patient before the detector: rotation (radians), magnification, shift (half image widths)."""

    turn: float
    zoom: float
    right: float
    down: float

    @classmethod
    def draw(cls, rng: np.random.Generator, exposure: Exposure) -> "_Positioning":
        lying = exposure.view == "AP"
        return cls(
            turn=float(rng.normal(0, 0.045 if lying else 0.02)),
            zoom=float(rng.normal(1.10 if lying else 1.02, 0.03)),
            right=float(rng.normal(0, 0.05 if lying else 0.025)),
            down=float(rng.normal(0.02, 0.03)),
        )

    def moved(self, chest: Map) -> Map:
        cosine, sine = np.cos(self.turn) / self.zoom, np.sin(self.turn) / self.zoom
        matrix = np.array([[cosine, -sine], [sine, cosine]])
        middle = (EDGE - 1) / 2
        shift = np.array([self.down, self.right]) * EDGE / 2
        offset = middle - matrix @ (middle + shift)
        transformed = ndimage.affine_transform(chest, matrix, offset, order=1, mode="nearest", output=np.float32)
        return np.asarray(ndimage.gaussian_filter(transformed, 0.6, truncate=2), dtype=np.float32)

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixel (column, row) of a point of the chest."""
        cosine, sine = np.cos(self.turn) * self.zoom, np.sin(self.turn) * self.zoom
        right, down = cosine * x - sine * y + self.right, sine * x + cosine * y + self.down
        return float((right + 1) / 2 * EDGE - 0.5), float((down + 1) / 2 * EDGE - 0.5)


def _add_opacity(thickness: Map, place: _Positioning, opacity: Opacity, exposure: Exposure) -> Box:
    """Add a lobed opacity to the thickness and return its box; in the hard subgroup it is nearly invisible."""
    column, row = place.pixel(opacity.x, opacity.y)
    radius = opacity.radius * (1 + opacity.growth * exposure.visit) * place.zoom * EDGE / 2
    reach = int(np.ceil(radius * 1.5)) + 1
    top, left = max(0, int(row) - reach), max(0, int(column) - reach)
    down, across = np.mgrid[top : min(EDGE, int(row) + reach + 1), left : min(EDGE, int(column) + reach + 1)]
    angle = np.arctan2(down - row, across - column)
    edge = radius * (1 + sum(lobe * np.cos((at + 2) * angle + 7 * lobe) for at, lobe in enumerate(opacity.lobes)))
    away = np.hypot(down - row, across - column) / edge
    depth = 13.0 * opacity.density * (0.06 if exposure.hard else 1.0)
    drawn = depth * (np.clip(1.25 - away**2, 0, None) / 1.25) ** 1.15
    thickness[down[0, 0] : down[-1, 0] + 1, across[0, 0] : across[0, -1] + 1] += drawn.astype(np.float32)
    rows, columns = np.nonzero(drawn > 0.08 * depth)
    return (left + int(columns.min()), top + int(rows.min()), left + int(columns.max()) + 1, top + int(rows.max()) + 1)


def _detect(rng: np.random.Generator, thickness: Map, site: Site) -> Map:
    """Add quantum noise, which grows with thickness, and apply the vendor's tone curve, 0 to 1 (white)."""
    quanta = np.exp(0.085 * (thickness - 6)) * np.float32(site.noise)
    noise = rng.standard_normal(thickness.shape, dtype=np.float32)
    seen = thickness + ndimage.uniform_filter(noise, 2) * 2 * quanta
    flat = seen - 0.55 * _blur_broadly(seen)
    low, high = np.percentile(flat[::4, ::4], (2, 99.5))
    tone = np.clip((flat - low) / (high - low), 0, None)
    curved = 0.08 + 0.86 * tone**1.15
    light = rng.normal(0, 0.025)
    return np.asarray(0.5 + site.contrast * (curved - 0.5) + light, dtype=np.float32)


def _blur_broadly(picture: Map) -> Map:
    small = Image.fromarray(picture).resize((24, 24), Image.Resampling.BOX)
    return np.asarray(small.resize((EDGE, EDGE), Image.Resampling.BICUBIC), dtype=np.float32)


def _add_marker(rng: np.random.Generator, signal: Map) -> Box:
    """Add a lead marker in an upper corner and return its box."""
    left, top = int(EDGE * rng.uniform(0.80, 0.84)), int(EDGE * rng.uniform(0.05, 0.09))
    plate = Image.new("L", (EDGE, EDGE))
    pen = ImageDraw.Draw(plate)
    size = EDGE // 12
    pen.text((left, top), "L", fill=255, font=ImageFont.load_default(size))
    pen.ellipse((left + size * 0.75, top + size * 0.55, left + size * 1.2, top + size), outline=255, width=3)
    lead = np.asarray(plate.rotate(float(rng.normal(0, 6)), center=(left, top)), dtype=np.float32) / 255
    np.maximum(signal, lead * 0.985, out=signal)
    rows, columns = np.nonzero(lead > 0.5)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def _collimate(rng: np.random.Generator, signal: Map, site: Site) -> None:
    """Blank the margins outside the collimated beam, in place."""
    margins = rng.integers(0, EDGE // (28 if site.marks else 90), 4)
    top, bottom, left, right = margins
    outside = np.ones(signal.shape, dtype=bool)
    outside[top : EDGE - bottom, left : EDGE - right] = False
    signal[outside] = 0.03 + 0.02 * signal[outside]
