"""Describe the samples in the pixel store. Does not import numpy, because catalogue views carry a format."""

from dataclasses import dataclass, fields
from typing import Any

BYTES = {"uint8": 1, "uint16": 2}  # of a sample
PATIENT, DETECTOR = "patient", "detector"
# Modalities whose pixels have a position in the patient, unlike projections onto a detector.
TOMOGRAPHIC = frozenset(("CT", "MR", "PT", "NM", "US", "IVUS", "OPT", "RTDOSE", "SEG", "NIfTI"))


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """The layout and meaning of stored samples: little-endian, (frames, rows, columns, channels), C order.

    A modality value (such as HU) is slope * sample + intercept; intercept includes the offset of signed originals.
    `low` and `high` are the minimum and maximum modality values of all frames. The window is the first one of the
    file, else it spans low to high. `spacing` is in mm (between rows, between columns), None if unknown; it holds
    in the plane named by `spacing_at`: "patient", "detector", or "" if the file does not say. `orientation` is
    ImageOrientationPatient and `place` is ImagePositionPatient of the first frame (LPS axes, mm). `slice_mm` is the
    distance between slices, `frame_ms` the time between frames of a cine loop. Stored samples in the inclusive range
    `padding` lie outside the image: they are background, in no window and no statistic. Of colour, `high` is white.
    """

    rows: int
    columns: int
    frames: int
    channels: int
    dtype: str
    bits: int
    photometric: str
    slope: float
    intercept: float
    low: float
    high: float
    window_center: float
    window_width: float
    voi_function: str = "LINEAR"
    unit: str = ""
    spacing: tuple[float, ...] | None = None
    decoder: str = ""
    spacing_at: str = ""
    orientation: tuple[float, ...] | None = None
    place: tuple[float, ...] | None = None
    slice_mm: float | None = None
    frame_ms: float | None = None
    padding: tuple[float, ...] | None = None

    @property
    def frame_bytes(self) -> int:
        """The size of one frame in bytes."""
        return self.rows * self.columns * self.channels * BYTES[self.dtype]

    @property
    def nbytes(self) -> int:
        """The size of all frames in bytes."""
        return self.frames * self.frame_bytes

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        plain = {name: getattr(self, name) for name in NAMES}
        return {**plain, **{name: list(plain[name]) for name in VECTORS if plain[name]}}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "PixelFormat":
        """Return the format that `to_json` described; fields added later get their defaults."""
        return cls(**{**data, **{name: tuple(map(float, data[name])) for name in VECTORS if data.get(name)}})


NAMES = tuple(one.name for one in fields(PixelFormat))
VECTORS = ("spacing", "orientation", "place", "padding")
