"""Define drawings as exchanged between homes and tools: images by content hash or name, without catalogue IDs."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Source:
    """The image of a drawing: by content hash (Rounds), by file name (COCO) or by DICOM UIDs."""

    sha256: str = ""
    item: str = ""
    name: str = ""
    series_uid: str = ""
    instance_uid: str = ""
    place: tuple[float, ...] = ()  # position and orientation in the patient, () if not stated
    rows: int = 0  # 0 if not stated
    columns: int = 0


@dataclass(frozen=True, slots=True)
class DrawingRecord:
    """One current drawing. Files of other tools may lack key, reader, time and case; `where` locates it in errors.

    `label_code` names the class where a DICOM segment has room only for a part of its name.
    """

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
    label_code: str = ""


@dataclass(frozen=True, slots=True)
class DrawingSet:
    """The current drawings of a task with the names of all its classes, in an order that is equal in every home."""

    task: str
    classes: tuple[str, ...]
    drawings: tuple[DrawingRecord, ...] = field(repr=False)


def sort_drawings(drawings: list[DrawingRecord]) -> tuple[DrawingRecord, ...]:
    """Return drawings sorted by image, frame, time and key."""
    return tuple(
        sorted(
            drawings,
            key=lambda drawing: (
                drawing.source.sha256,
                drawing.source.item,
                drawing.frame,
                drawing.at or 0.0,
                drawing.key,
                drawing.case.sha256 if drawing.case else "",
            ),
        )
    )


def short_names(drawings: tuple[DrawingRecord, ...]) -> dict[tuple[str, str], str]:
    """Return the shortest unique path suffix of each image, by hash and item."""
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
