"""The report of an import, which accounts for every file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from core.services.images.image_notes import NoteCount


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused file, with the reason in one sentence."""

    file: str
    reason: str


JSON_KEYS = {"files_found": "found", "labels_overridden": "labels_kept", "labels_without_case": "labels_apart"}
"""The fields whose key in JSON is an older word: the command line's contract keeps it."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The report of an import: every file is imported, known, refused or unlisted; `finished` once all are.

    `missing` are rows of the table without a file (the first of `missing_count`), `ambiguous` those that fit several.
    `texts` are tables and texts beside the images; they are not among the files. `table` says how the table was read.
    `persons` counts patients who are one person once, `person_questions` those of whom that is not certain; both are
    known once it is finished.

    `notes` count the images that were read in another way than they lie in their file, by kind. `columns_left_out` says
    why columns of the table may identify patients and are not stored.
    """

    files_found: int
    imported: int = 0
    known: int = 0
    refused: tuple[Refused, ...] = ()
    unlisted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    notes: tuple[NoteCount, ...] = ()
    columns_left_out: Mapping[str, str] = field(default_factory=dict)
    images: int = 0
    patients: int = 0
    persons: int = 0
    person_questions: int = 0
    unknown_patients: int = 0
    series: int = 0
    studies: int = 0
    labelled: int = 0
    labels_overridden: int = 0
    labels_without_case: int = 0
    missing_count: int = 0
    texts: tuple[str, ...] = ()
    table: dict[str, Any] | None = None
    dry_run: bool = False
    finished: bool = False

    @property
    def done(self) -> int:
        """The number of files processed so far."""
        return self.imported + self.known + len(self.refused) + len(self.unlisted)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for the command line and a job's row."""
        return {
            **{JSON_KEYS.get(name, name): value for name, value in asdict(self).items()},
            "refused": [asdict(one) for one in self.refused],
            "unlisted": list(self.unlisted),
            "missing": list(self.missing),
            "ambiguous": list(self.ambiguous),
            "texts": list(self.texts),
            "notes": [note.to_json() for note in self.notes],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "ImportReport":
        """Read a report from a job's row."""
        lists = {
            "refused": tuple(Refused(**one) for one in data["refused"]),
            "unlisted": tuple(data["unlisted"]),
            "missing": tuple(data["missing"]),
            "missing_count": data.get("missing_count", len(data["missing"])),
            "ambiguous": tuple(data.get("ambiguous", ())),
            "texts": tuple(data.get("texts", ())),
            "notes": tuple(NoteCount.from_json(one) for one in data.get("notes", ())),
        }
        names = {key: name for name, key in JSON_KEYS.items()}
        values = {names.get(key, key): value for key, value in data.items()}
        return cls(**{**values, **lists})
