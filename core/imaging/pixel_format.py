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
    `frame_order` are the frames of the file (from 0) in the order in which they are stored, None where that is the
    order of the file.
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
    frame_order: tuple[int, ...] | None = None

    @property
    def frame_bytes(self) -> int:
        """The size of one frame in bytes."""
        return self.rows * self.columns * self.channels * BYTES[self.dtype]

    @property
    def nbytes(self) -> int:
        """The size of all frames in bytes."""
        return self.frames * self.frame_bytes

    @property
    def window_bounds(self) -> tuple[float, float]:
        """The greatest value that the window shows black and the least that it shows white (before inversion).

        Of a sigmoid they are center ± width / 2.
        """
        center, width = self.window_center, self.window_width
        if self.voi_function == "LINEAR":  # PS3.3 C.11.2.1.2.1
            return center - 0.5 - (width - 1) / 2.0, center - 0.5 + (width - 1) / 2.0
        return center - width / 2.0, center + width / 2.0

    def file_frame(self, frame: int) -> int:
        """Return the number in the file (from 0) of a stored frame."""
        return self.frame_order[frame] if self.frame_order else frame

    def stored_frame(self, file_frame: int) -> int:
        """Return where a frame of the file is stored; the number itself if the file has no such frame."""
        if not self.frame_order or file_frame not in self.frame_order:
            return file_frame
        return self.frame_order.index(file_frame)

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        plain = {name: getattr(self, name) for name in NAMES}
        return {**plain, **{name: list(plain[name]) for name in (*VECTORS, "frame_order") if plain[name]}}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "PixelFormat":
        """Return the format that `to_json` described; fields added later get their defaults."""
        order = {"frame_order": tuple(data["frame_order"])} if data.get("frame_order") else {}
        vectors = {name: tuple(map(float, data[name])) for name in VECTORS if data.get(name)}
        return cls(**{**data, **vectors, **order})


NAMES = tuple(one.name for one in fields(PixelFormat))
VECTORS = ("spacing", "orientation", "place", "padding")


def full_range_window(low: float, high: float) -> tuple[float, float, str]:
    """Return the window (center, width, function) that maps low to 0 and high to 255."""
    return (low + high) / 2.0, high - low if high > low else 1.0, "LINEAR_EXACT"
