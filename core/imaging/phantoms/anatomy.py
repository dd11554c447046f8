"""Model a chest as water-equivalent thickness: body, lungs, heart, spine, ribs, vessels, in individual proportions.

Lengths are in half image widths: x runs from −1 (the patient's right) to 1, y from −1 (top) to 1. Thickness is
in centimetres of water, on a grid (EDGE, EDGE) of float32.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

EDGE = 384
Map = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Build:
    """The body proportions of one patient."""

    width: float  # half the chest at its widest
    depth: float  # cm, front to back
    apex: float  # y of the top of the lungs
    dome: float  # y of the diaphragm
    heart: float  # half its width
    bone: float  # cm of water added by a rib
    ribs: float  # distance between ribs
    breasts: float  # cm
    aorta: float  # cm added by the aortic knob
    seed: int  # of vessels and other irregular structures


def draw_build(rng: np.random.Generator, *, sex: str, age: int) -> Build:
    """Draw body proportions: smaller for women; with age less rib density, a larger heart and a denser aorta."""
    woman, old = sex == "F", np.clip((age - 40) / 45, 0, 1)
    return Build(
        width=float(rng.normal(0.80 if woman else 0.85, 0.025)),
        depth=float(np.clip(rng.normal(17.5 if woman else 20.0, 2.0), 13, 26)),
        apex=float(rng.normal(-0.74, 0.03)),
        dome=float(rng.normal(0.50, 0.05)),
        heart=float(np.clip(rng.normal(0.31 + 0.05 * old, 0.03), 0.24, 0.44)),
        bone=float(np.clip(rng.normal(1.9 - 0.5 * old, 0.15), 1.0, 2.4)),
        ribs=float(rng.normal(0.138, 0.006)),
        breasts=float(rng.uniform(1.0, 2.6)) if woman else 0.0,
        aorta=float(rng.uniform(0.5, 1.2) + 1.3 * old),
        seed=int(rng.integers(2**31)),
    )


@cache
def grid() -> tuple[Map, Map]:
    """Return the coordinates x (1, EDGE) and y (EDGE, 1)."""
    line = ((np.arange(EDGE, dtype=np.float32) + 0.5) / EDGE * 2 - 1).astype(np.float32)
    return line[np.newaxis, :], line[:, np.newaxis]


def chest(build: Build) -> Map:
    """Return the thickness of a chest without lesions, in cm of water (EDGE, EDGE)."""
    x, y = grid()
    rng = np.random.default_rng(build.seed)
    thickness = _body(build, x, y) + _middle(build, x, y)
    lungs = _lungs(build, x, y)
    air = np.minimum(lungs * np.float32(0.78 * build.depth), np.maximum(thickness - 3.0, 0.0))
    thickness = thickness - air + _abdomen(build, x, y) * (1 - np.minimum(lungs * 2, 1))
    vessels = _vessels(rng) * np.minimum(lungs * 1.6, 1)
    drawn = thickness + vessels + _bones(build, x, y, rng) + _soft(build, x, y)
    return np.asarray(drawn, dtype=np.float32)


def in_lung(build: Build, x: float, y: float) -> float:
    """Return the lung share of the depth at a point: 0 outside, 1 at the centre of the lung."""
    return float(_lungs(build, np.full((1, 1), x, np.float32), np.full((1, 1), y, np.float32))[0, 0])


def _step(distance: NDArray[np.floating[Any]], soft: float) -> Map:
    """Return a sigmoid step from 0 to 1 of width `soft`."""
    return np.asarray(1 / (1 + np.exp(-np.clip(distance / soft * 4, -30, 30))), dtype=np.float32)


def _ball(x: Map, y: Map, *, at: tuple[float, float], radii: tuple[float, float]) -> Map:
    """Return the depth of an ellipsoid, 1 at its centre."""
    inside = 1 - ((x - at[0]) / radii[0]) ** 2 - ((y - at[1]) / radii[1]) ** 2
    return np.sqrt(np.maximum(inside, 0)).astype(np.float32)


def _outline(build: Build, y: Map) -> Map:
    """Return half the body width by height: neck, shoulders, chest wall."""
    heights = [-1.2, -0.94, -0.80, -0.62, -0.40, -0.05, 0.45, 1.2]
    widths = [0.24, 0.30, 0.62, 1.02, 1.04, build.width + 0.10, build.width + 0.08, build.width + 0.14]
    at = y[:, 0] if y.shape[0] > 1 else y.ravel()
    smooth = sum(np.interp(at + shift, heights, widths) for shift in (-0.08, -0.04, 0, 0.04, 0.08)) / 5
    return np.asarray(smooth, np.float32)[:, np.newaxis]


def _body(build: Build, x: Map, y: Map) -> Map:
    across = np.clip(1 - (x / _outline(build, y)) ** 2, 0, None)
    tall = np.interp(y, [-1, -0.8, -0.5, 1], [0.62, 0.66, 0.92, 1.08]).astype(np.float32)
    return np.asarray(build.depth * tall * across**0.42, dtype=np.float32)


def _lungs(build: Build, x: Map, y: Map) -> Map:
    """Return the share of the depth that is lung. The left lung (x > 0) makes room for the heart; its dome is lower."""
    side = np.abs(x)
    left = x > 0
    bottom = build.dome + 0.05 * left.astype(np.float32) + 0.55 * (side - 0.36) ** 2 - 0.02
    high = np.clip((y - build.apex) / 0.62, 0, 1)
    outer = build.width * (0.40 + 0.60 * np.sqrt(1 - (1 - high) ** 2)) - 0.05 + 0.05 * np.clip(y + 0.1, 0, 1)
    inner = 0.13 + 0.10 * np.clip(y + 0.25, 0, 1) + 0.10 * np.clip(-0.45 - y, 0, 1)
    lateral = np.sqrt(np.clip((outer - side) / 0.42, 0, 1))
    inside = _step(side - inner, 0.10) * _step(bottom - y, 0.045) * _step(y - build.apex, 0.10)
    return np.asarray(lateral * inside * (1 - 0.72 * _step(_heart(build, x, y) - 0.30, 0.62)), dtype=np.float32)


def _heart(build: Build, x: Map, y: Map) -> Map:
    """Return the depth of an ellipsoid tilted to the patient's left."""
    right, down = x - 0.15, y - (build.dome - 0.20)
    along, across = 0.86 * right + 0.50 * down, 0.86 * down - 0.50 * right
    return _ball(along, across, at=(0, 0), radii=(build.heart + 0.10, 0.30))


def _middle(build: Build, x: Map, y: Map) -> Map:
    """Return the thickness of spine, mediastinum, heart, aorta and hila, less the air of the trachea."""
    spine = 2.2 * np.exp(-((x / 0.085) ** 4)) * (1 + 0.12 * np.cos(2 * np.pi * y / 0.135))
    upper = 1.8 * _step(0.155 - np.abs(x + 0.01), 0.10) * _step(0.35 - y, 0.5)
    heart = 2.2 * _heart(build, x, y) ** 1.4
    knob = build.aorta * 1.6 * _ball(x, y, at=(0.15, -0.30), radii=(0.10, 0.11)) ** 1.5
    hila = 1.6 * (
        _ball(x, y, at=(-0.20, -0.01), radii=(0.11, 0.17)) + _ball(x, y, at=(0.21, -0.06), radii=(0.10, 0.15))
    )
    trachea = 2.0 * np.exp(-((x / 0.042) ** 4)) * _step(-0.22 - y, 0.08)
    return np.asarray(spine + upper + heart + knob + hila**1.5 - trachea, dtype=np.float32)


def _abdomen(build: Build, x: Map, y: Map) -> Map:
    below = _step(y - build.dome + 0.04, 0.12) * 5.0
    stomach = 3.2 * _ball(x, y, at=(0.40, build.dome + 0.19), radii=(0.19, 0.10)) ** 2
    return np.asarray(below - stomach, dtype=np.float32)


def _soft(build: Build, x: Map, y: Map) -> Map:
    breasts = _ball(np.abs(x), y, at=(0.45, build.dome - 0.10), radii=(0.34, 0.30))
    return np.asarray(build.breasts * breasts**1.2, dtype=np.float32)


def _bones(build: Build, x: Map, y: Map, rng: np.random.Generator) -> Map:
    bones = np.zeros((EDGE, EDGE), np.float32)
    for left in (False, True):
        columns = slice(EDGE // 2, None) if left else slice(None, EDGE // 2)
        side, half = np.abs(x[:, columns]), bones[:, columns]
        for number in range(10):
            _rib(build, half, side, y, number, float(rng.normal(0, 0.008)))
        _clavicle(half, side, y, float(rng.normal(0, 0.02)))
    return bones * build.bone


def _rib(build: Build, half: Map, side: Map, y: Map, number: int, off: float) -> None:
    """Add one rib to one half: the posterior part, and for the upper ribs the fainter anterior part."""
    start = build.apex + 0.05 + number * build.ribs + off
    wall = build.width * (0.55 + 0.45 * min(1.0, (number + 1) / 5)) + 0.01
    out = np.clip((side - 0.09) / (wall - 0.09), 0, 1)
    behind = start - 0.06 * np.sin(np.pi * out) + (0.10 + 0.022 * number) * out**2
    ends = _step(side - 0.10, 0.03) * _step(wall - side, 0.03)
    _bar(half, y, behind, 0.026 + 0.0008 * number, ends * (0.85 + 0.9 * out**6))
    if number < 7:
        front = start + 0.12 + 0.022 * number + (0.30 + 0.02 * number) * (1 - out) ** 1.15
        _bar(half, y, front, 0.030, 0.45 * _step(side - 0.30, 0.10) * _step(wall - side, 0.03))


def _clavicle(half: Map, side: Map, y: Map, off: float) -> None:
    line = -0.52 + off - 0.17 * np.clip((side - 0.1) / 0.65, 0, 1) ** 0.8
    _bar(half, y, line, 0.036, 1.5 * _step(side - 0.10, 0.04) * _step(0.80 - side, 0.05))


def _bar(half: Map, y: Map, line: Map, radius: float, strength: Map) -> None:
    """Add a bar along line(x) with denser rims, like cortical bone; only the affected rows are computed."""
    row = (np.array([line.min() - 2 * radius, line.max() + 2 * radius]) + 1) / 2 * EDGE
    rows = slice(max(0, int(row[0])), min(EDGE, int(row[1]) + 1))
    away = np.square((y[rows] - line) / radius)
    half[rows] += np.exp(-np.square(away)) * (0.62 + 0.5 * np.minimum(away, 2)) * strength


def _vessels(rng: np.random.Generator) -> Map:
    """Return vessels that branch from both hila, drawn as lines and blurred."""
    canvas = Image.new("L", (EDGE, EDGE))
    pen = ImageDraw.Draw(canvas)
    for side in (-1, 1):
        for turn in np.linspace(-1.25, 1.35, 9) + rng.normal(0, 0.08, 9):
            angle = turn if side > 0 else np.pi - turn
            at = ((1 + side * 0.19) * EDGE / 2, (1 - 0.04 + 0.10 * np.sin(turn)) * EDGE / 2)
            _branch(pen, rng, at, angle, rng.uniform(0.10, 0.15) * EDGE, 4.2)
    blurred = canvas.filter(ImageFilter.GaussianBlur(0.9))
    return np.asarray(blurred, dtype=np.float32) * np.float32(1.1 / 255)


def _branch(
    pen: ImageDraw.ImageDraw,
    rng: np.random.Generator,
    at: tuple[float, float],
    angle: float,
    length: float,
    width: float,
) -> None:
    """Draw one vessel and, recursively, its two branches."""
    if width < 0.9:
        return
    to = (at[0] + length * np.cos(angle), at[1] + length * np.sin(angle))
    pen.line([at, to], fill=int(min(255, 60 + 45 * width)), width=max(1, round(width)))
    for fork in (-1, 1):
        turned = angle + fork * rng.uniform(0.12, 0.5)
        _branch(pen, rng, to, turned, length * rng.uniform(0.62, 0.85), width * rng.uniform(0.55, 0.72))
