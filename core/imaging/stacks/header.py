"""Read the attributes of a slice from a DICOM header; a missing or implausible value becomes None."""

import re
from collections.abc import MutableSequence
from datetime import date
from math import isfinite
from typing import Any

from core.imaging.dicom.b_value import private_b_value
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
        image_type=words_of(header.get("ImageType")),
        acquisition=_whole(header, "AcquisitionNumber"),
        echo=_whole(header, "EchoNumbers"),
        echo_ms=number_of(header, "EchoTime"),
        temporal_position=_either(
            _whole(header, "TemporalPositionIdentifier"), _whole(header, "TemporalPositionIndex")
        ),
        trigger_ms=_either(number_of(header, "TriggerTime"), number_of(header, "NominalCardiacTriggerDelayTime")),
        cardiac_phase=number_of(header, "NominalPercentageOfCardiacPhase"),
        b_value=_either(number_of(header, "DiffusionBValue"), private_b_value(header)),
        inversion_ms=number_of(header, "InversionTime"),
        flip_degrees=number_of(header, "FlipAngle"),
        acquired_s=_acquired(header),
        instance=number_of(header, "InstanceNumber"),
        slice_location=number_of(header, "SliceLocation"),
    )


def words_of(value: Any) -> tuple[str, ...]:
    """Return the words of a value such as ImageType, in capitals."""
    several = value if isinstance(value, MutableSequence) else [value] if value else []
    return tuple(str(word or "").strip().upper() for word in several)


def number_of(header: Any, name: str) -> float | None:
    """Return the (first) number of an element, None if it has no finite one."""
    value = header.get(name)
    if isinstance(value, MutableSequence):
        value = value[0] if value else None
    try:
        number = float(value) if value not in (None, "") else None
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number is not None and isfinite(number) else None


def _whole(header: Any, name: str) -> int | None:
    number = number_of(header, name)
    return int(number) if number is not None and number.is_integer() else None


def _either(first: Any, second: Any) -> Any:
    return second if first is None else first


def _acquired(header: Any) -> float | None:
    """Return the time of acquisition in seconds from the midnight before the study: the date itself is not kept."""
    together = str(header.get("AcquisitionDateTime") or "")
    moments = [(together[:8], together[8:])]  # the time of the content is that of acquisition where nothing else is
    moments += [
        (header.get(f"{name}Date"), str(header.get(f"{name}Time") or "")) for name in ("Acquisition", "Content")
    ]
    date_text, seconds = next(((day, at) for day, text in moments if (at := _seconds(text)) is not None), (None, None))
    if seconds is None:
        return None
    day, study = _day(date_text), _day(header.get("StudyDate"))
    return seconds + (DAY_S * (day - study) if day is not None and study is not None else 0.0)


def moment_of(value: Any) -> float | None:
    """Return a date with time (DT) in seconds from a fixed day, None if it is not both."""
    text = str(value or "")
    day, seconds = _day(text[:8]), _seconds(text[8:])
    return day * DAY_S + seconds if day is not None and seconds is not None else None


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
