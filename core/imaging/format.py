"""What stored samples mean. Loads no numpy: the catalogue's views carry it."""

from dataclasses import dataclass, fields
from typing import Any

BYTES = {"uint8": 1, "uint16": 2}  # of a sample


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """What the samples in the pixel store mean. Little-endian, (frames, rows, columns, channels), C order.

    A modality value (HU …) is slope * sample + intercept; the offset of a signed original is folded into intercept.
    `low` and `high` are the smallest and largest modality values of all frames; the window is the file's own first
    one, else it spans low to high. `spacing` is PixelSpacing in mm (row, column), None where unknown.
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
    spacing: tuple[float, float] | None = None
    decoder: str = ""

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
        return {**plain, "spacing": list(self.spacing) if self.spacing else None}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "PixelFormat":
        """What `to_json` described."""
        spacing = data.get("spacing")
        return cls(**{**data, "spacing": (float(spacing[0]), float(spacing[1])) if spacing else None})


NAMES = tuple(one.name for one in fields(PixelFormat))
