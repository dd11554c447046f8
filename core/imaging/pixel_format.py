"""What stored samples mean. Loads no numpy: the catalogue's views carry it."""

from dataclasses import dataclass, fields
from typing import Any

BYTES = {"uint8": 1, "uint16": 2}  # of a sample
PATIENT, DETECTOR = "patient", "detector"
# Modalities whose pixels lie in the patient, and not in a shadow of him on a detector.
TOMOGRAPHIC = frozenset(("CT", "MR", "PT", "NM", "US", "IVUS", "OPT", "RTDOSE", "SEG", "NIfTI"))


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """What the samples in the pixel store mean. Little-endian, (frames, rows, columns, channels), C order.

    A modality value (HU …) is slope * sample + intercept; the offset of a signed original is folded into intercept.
    `low` and `high` are the smallest and largest modality values of all frames; the window is the file's own first
    one, else it spans low to high. `spacing` is in mm (between rows, between columns), None where unknown, and
    `spacing_at` where it holds: in the "patient", only at the "detector", or, where the file does not say, "".
    `orientation` holds the direction cosines of rows and columns and `place` the middle of the first frame's first
    pixel, both in DICOM's axes (left, back, head); `slice_mm` lies between slices, `frame_ms` between frames of a film.
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

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame."""
        return self.rows * self.columns * self.channels * BYTES[self.dtype]

    @property
    def nbytes(self) -> int:
        """Bytes of all frames."""
        return self.frames * self.frame_bytes

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        plain = {name: getattr(self, name) for name in NAMES}
        return {**plain, **{name: list(plain[name]) for name in VECTORS if plain[name]}}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "PixelFormat":
        """What `to_json` described, now or before there was a field."""
        return cls(**{**data, **{name: tuple(map(float, data[name])) for name in VECTORS if data.get(name)}})


NAMES = tuple(one.name for one in fields(PixelFormat))
VECTORS = ("spacing", "orientation", "place")
