"""Take a person out of what is stored as JSON or text: results of jobs, runs and analyses."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.imaging.deidentify import MASK
from db.tables import Analysis, Import, Job, Run, Snapshot

SHORT = 12  # characters of a sha256 in a sentence
LEAST = 4  # characters of a name: shorter ones could be any word
PLACES = (
    (Job, ("request", "progress", "result", "error")),
    (Import, ("report",)),
    (Run, ("result", "external_source")),
    (Analysis, ("settings", "result")),
    (Snapshot, ("summary",)),
)


@dataclass(frozen=True, slots=True)
class Mentions:
    """How a person is named: pseudonyms, file names and hashes as a pattern, and the ids of cases and images."""

    words: re.Pattern[str]
    cases: frozenset[int]
    images: frozenset[int]

    @classmethod
    def of(
        cls, names: Collection[str], hashes: Collection[str], cases: Collection[int], images: Collection[int]
    ) -> "Mentions":
        """Return those of pseudonyms, names and files."""
        words = {*hashes, *(one[:SHORT] for one in hashes), *(one for one in names if len(one) >= LEAST)}
        longest_first = sorted(words, key=len, reverse=True)
        return cls(
            re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)"),
            frozenset(cases),
            frozenset(images),
        )

    def erase(self, session: Session) -> None:
        """Replace the words by a mask, and take entries about the cases and images out of lists."""
        for table, columns in PLACES:
            for row in session.scalars(select(table)):
                for column in columns:
                    stored = getattr(row, column)
                    if (left := self.without(stored)) != stored:
                        setattr(row, column, left)

    def erase_from(self, logs: Iterable[Path]) -> None:
        """Overwrite the words in logs in place: another process may be appending to them."""
        words = re.compile(self.words.pattern.encode())
        for path in logs:
            with path.open("r+b") as file:
                for match in words.finditer(file.read()):
                    file.seek(match.start())
                    file.write(b"*" * len(match[0]))

    def without(self, value: Any) -> Any:
        """Return a value of JSON without the person."""
        if isinstance(value, str):
            return self.words.sub(MASK, value)
        if isinstance(value, list):
            return [self.without(one) for one in value if not self._is_about(one)]
        if isinstance(value, dict):
            return {key: self.without(one) for key, one in value.items()}
        return value

    def _is_about(self, entry: Any) -> bool:
        """Return whether an entry of a list is about one of the cases, or lists one."""
        if not isinstance(entry, dict):
            return False
        cases, images = _ids(entry, "case", "cases"), _ids(entry, "image", "images")
        return bool(cases & self.cases or images & self.images)


def _ids(entry: dict[str, Any], single: str, several: str) -> set[Any]:
    listed = entry.get(several)
    return {entry.get(single), *(one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, int))}
