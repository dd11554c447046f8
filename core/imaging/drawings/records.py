"""A drawing as it travels between homes and tools: images by content or by the names that files give them, no ids."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Source:
    """The image that a file speaks of: by its content (ours), by a file name (COCO), or by DICOM's UIDs."""

    sha256: str = ""
    item: str = ""
    name: str = ""
    series_uid: str = ""
    instance_uid: str = ""
    place: tuple[float, ...] = ()  # position and orientation in the patient, () where the file does not say
    rows: int = 0  # 0 where the file does not say
    columns: int = 0


@dataclass(frozen=True, slots=True)
class DrawingRecord:
    """One standing drawing. Another tool's file may leave key, reader, time and case open; `where` is for sentences."""

    source: Source
    frame: int
    shape: str
    geometry: dict[str, Any]
    label: str | None
    key: str = ""
    reader: str = ""
    at: float | None = None
    case: Source | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class DrawingSet:
    """The standing drawings of a task with the names of all its classes, in an order that every home agrees on."""

    task: str
    classes: tuple[str, ...]
    drawings: tuple[DrawingRecord, ...] = field(repr=False)


def sort_drawings(drawings: list[DrawingRecord]) -> tuple[DrawingRecord, ...]:
    """By image, frame, time and key."""
    return tuple(
        sorted(
            drawings,
            key=lambda one: (
                one.source.sha256,
                one.source.item,
                one.frame,
                one.at or 0.0,
                one.key,
                one.case.sha256 if one.case else "",
            ),
        )
    )


def short_names(drawings: tuple[DrawingRecord, ...]) -> dict[tuple[str, str], str]:
    """A file name for each image: its last part, and as many folders as tell it from the others."""
    paths = {(one.source.sha256, one.source.item): one.source.name.split("/") for one in drawings}
    names: dict[tuple[str, str], str] = {}
    length = 1
    while len(names) < len(paths):
        tried = {key: "/".join(parts[-length:]) for key, parts in paths.items() if key not in names}
        taken = [*names.values(), *tried.values()]
        done = {key: name for key, name in tried.items() if taken.count(name) == 1 or length >= len(paths[key])}
        names |= done
        length += 1
    return names
