"""Read the attributes of a slice from a DICOM header; a missing or implausible value becomes None."""

import re
from collections.abc import MutableSequence
from datetime import date
from math import isfinite
from typing import Any

from core.imaging.pixel_format import PixelFormat
from core.imaging.stacks.attributes import GEOMETRY, SliceAttributes

DATE = re.compile(r"(\d{4})[.:-]?(\d{2})[.:-]?(\d{2})")
TIME = re.compile(r"(\d{2}):?(\d{2})?:?(\d{2}(?:\.\d*)?)?")
DAY_S = 86_400.0


def read_attributes(header: Any, format: PixelFormat) -> SliceAttributes:
    """Return the attributes of one image; its geometry is that of the format."""
    return SliceAttributes(
        **{name: getattr(format, name) for name in GEOMETRY},
        modality=str(header.get("Modality") or ""),
        image_type=_words(header.get("ImageType")),
        acquisition=_whole(header, "AcquisitionNumber"),
        echo=_whole(header, "EchoNumbers"),
        echo_ms=_number(header, "EchoTime"),
        temporal_position=_either(
            _whole(header, "TemporalPositionIdentifier"), _whole(header, "TemporalPositionIndex")
        ),
        trigger_ms=_either(_number(header, "TriggerTime"), _number(header, "NominalCardiacTriggerDelayTime")),
        cardiac_phase=_number(header, "NominalPercentageOfCardiacPhase"),
        b_value=_number(header, "DiffusionBValue"),
        acquired_s=_acquired(header),
        instance=_number(header, "InstanceNumber"),
        slice_location=_number(header, "SliceLocation"),
    )


def _words(value: Any) -> tuple[str, ...]:
    several = value if isinstance(value, MutableSequence) else [value] if value else []
    return tuple(str(word or "").strip().upper() for word in several)


def _number(header: Any, name: str) -> float | None:
    value = header.get(name)
    if isinstance(value, MutableSequence):
        value = value[0] if value else None
    try:
        number = float(value) if value not in (None, "") else None
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number is not None and isfinite(number) else None


def _whole(header: Any, name: str) -> int | None:
    number = _number(header, name)
    return int(number) if number is not None and number.is_integer() else None


def _either(first: Any, second: Any) -> Any:
    return second if first is None else first


def _acquired(header: Any) -> float | None:
    """Return the time of acquisition in seconds from the midnight before the study: the date itself is not kept."""
    together = str(header.get("AcquisitionDateTime") or "")
    seconds = _seconds(str(header.get("AcquisitionTime") or "")) if not together else _seconds(together[8:])
    if seconds is None:
        return None
    day, study = _day(together[:8] or header.get("AcquisitionDate")), _day(header.get("StudyDate"))
    return seconds + (DAY_S * (day - study) if day is not None and study is not None else 0.0)


def _seconds(text: str) -> float | None:
    parts = TIME.match(text.strip())
    if parts is None:
        return None
    hours, minutes, seconds = (float(part or 0) for part in parts.groups())
    return hours * 3600 + minutes * 60 + seconds


def _day(text: Any) -> int | None:
    parts = DATE.match(str(text or "").strip())
    try:
        return date(*map(int, parts.groups())).toordinal() if parts else None
    except ValueError:
        return None
