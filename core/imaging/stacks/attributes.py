"""Describe a slice by the attributes that decide its stack and its place there."""

from dataclasses import dataclass, fields
from typing import Any

from core.imaging.pixel_format import PixelFormat

Vector = tuple[float, ...]

# Projection modalities: each image of such a series is separate; images of other series are slices of stacks.
PROJECTIONS = ("CR", "DX", "IO", "MG", "PX", "RF", "RG", "XA")
# Also in the PixelFormat of the image, so not stored twice.
GEOMETRY = ("orientation", "place", "rows", "columns", "spacing", "frames")


@dataclass(frozen=True, slots=True)
class SliceAttributes:
    """The attributes of one image; None where the file does not say.

    `orientation`, `place`, `rows`, `columns`, `spacing` and `frames` are those of its PixelFormat. `echo_ms`,
    `trigger_ms` and `acquired_s` are times: `acquired_s` in seconds from the midnight before the study, because no
    date is stored. `cardiac_phase` is in percent of the heart beat, `b_value` in s/mm². `digest` is the hash of the
    file: it orders slices that are equal in everything else, and depends on no name.
    """

    orientation: Vector | None = None
    place: Vector | None = None
    rows: int = 0
    columns: int = 0
    spacing: Vector | None = None
    frames: int = 1
    modality: str = ""
    image_type: tuple[str, ...] = ()
    acquisition: int | None = None
    echo: int | None = None
    echo_ms: float | None = None
    temporal_position: int | None = None
    trigger_ms: float | None = None
    cardiac_phase: float | None = None
    b_value: float | None = None
    inversion_ms: float | None = None
    flip_degrees: float | None = None
    acquired_s: float | None = None
    instance: float | None = None
    slice_location: float | None = None
    digest: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return what the file says, without the geometry and the digest, as JSON values."""
        values = {name: getattr(self, name) for name in STORED}
        values["image_type"] = list(self.image_type)
        return {name: value for name, value in values.items() if value not in (None, "", [])}

    @classmethod
    def of(cls, stored: dict[str, Any], format: PixelFormat, digest: str) -> "SliceAttributes":
        """Return the attributes that `to_json` described, with the geometry of the format."""
        known = {name: value for name, value in stored.items() if name in STORED}
        known["image_type"] = tuple(known.get("image_type", ()))
        return cls(**known, **{name: getattr(format, name) for name in GEOMETRY}, digest=digest)


NAMES = tuple(one.name for one in fields(SliceAttributes))
STORED = tuple(name for name in NAMES if name not in (*GEOMETRY, "digest"))


def sort_key(value: Any) -> tuple[bool, Any]:
    """Return a key that sorts a missing value last."""
    return value is None, 0 if value is None else value


def canonical_key(attributes: SliceAttributes) -> tuple[Any, ...]:
    """Return a key of all attributes: slices sorted by it are in one order, whatever order they came in."""
    return tuple(sort_key(getattr(attributes, name)) for name in NAMES)


def reading_order(attributes: SliceAttributes) -> tuple[Any, ...]:
    """Return the key of slices at one place: InstanceNumber, TriggerTime, SliceLocation, AcquisitionTime."""
    return tuple(
        map(sort_key, (attributes.instance, attributes.trigger_ms, attributes.slice_location, attributes.acquired_s))
    )


def is_placed(attributes: SliceAttributes) -> bool:
    """Return whether the slice has a position in the patient."""
    return attributes.orientation is not None and attributes.place is not None
