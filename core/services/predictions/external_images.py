"""Match the lines of external predictions with a snapshot's cases: by sha256, name, stem, or an id such as id:24."""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InvalidInput
from core.imaging import deidentify
from core.imaging.identity.name_findings import keyed
from core.imaging.tables.file_names import catalogue_id, fitting, with_endings
from core.services.predictions.external_scores import ScoreRow
from db import queries
from db.tables import Case, Image, SnapshotCase

NAMED = 5  # the most candidates that a sentence lists


class Images:
    """The images of a snapshot's cases, by id, sha256 and keyed file name."""

    def __init__(self, session: Session, snapshot: int, key: bytes) -> None:
        """Read them; `key` makes the pseudonyms of file names."""
        self.session, self.key = session, key
        self.of_image: dict[int, int] = {}
        self.names: dict[int, str] = {}
        self.by_key: dict[str, list[tuple[str, int]]] = defaultdict(list)  # (item, image) by sha256 or keyed name
        self._fill(snapshot)

    def case(self, line: ScoreRow) -> int | None:
        """Return the snapshot's case of a line's image; None if it has none.

        Raises:
            InvalidInput: the name matches images of several cases.
        """
        if (number := catalogue_id(line.image)) is not None:
            return self.of_image.get(number)
        matches = self._matches(line)
        cases = {self.of_image[image] for image in matches}
        if len(cases) > 1:
            candidates = ", ".join(f"id:{image} ({self.names[image]})" for image in matches[:NAMED])
            raise InvalidInput(
                f"Line {line.number}: {len(matches)} images are named '{line.image}': {candidates}. Give the sha256 of "
                "the file or the id as written here, and for an npz the column 'item'."
            )
        return next(iter(cases), None)

    def _matches(self, line: ScoreRow) -> list[int]:
        """Return the images that a line names: by sha256 or name, else by stem."""
        for keys in self._lookup_keys(line.image):
            matches = [image for key in keys for item, image in self.by_key.get(key, ()) if line.item in ("", item)]
            coded = keyed(line.image, self.key)
            matches = fitting(line.image, {image: self.names[image] for image in matches}, coded)
            if matches:
                return matches
        return []

    def known(self, lines: Sequence[ScoreRow]) -> set[int]:
        """Return the numbers of the lines whose image is in the catalogue but not in the snapshot."""
        keys = {line.number: {key for level in self._lookup_keys(line.image) for key in level} for line in lines}
        known_keys: set[str] = set()
        for some in queries.chunks(sorted(set[str]().union(*keys.values()))):
            for column in (Image.sha256, Image.name_key):
                known_keys |= set(self.session.scalars(select(column).where(column.in_(some))))
        ids = {line.number: number for line in lines if (number := catalogue_id(line.image)) is not None}
        numbers: set[int] = set()
        for some_ids in queries.chunks(sorted(set(ids.values()))):
            numbers |= set(self.session.scalars(select(Image.id).where(Image.id.in_(some_ids))))
        return {line.number for line in lines if keys[line.number] & known_keys or ids.get(line.number) in numbers}

    def _fill(self, snapshot: int) -> None:
        frozen = (
            select(SnapshotCase.case_id, SnapshotCase.images, Case.image_id)
            .join(Case, Case.id == SnapshotCase.case_id)
            .where(SnapshotCase.snapshot_id == snapshot)
        )
        for case, images, main in self.session.execute(frozen):
            self.of_image |= dict.fromkeys(images or [main], case)
        statement = select(Image.id, Image.sha256, Image.item, Image.name, Image.name_key)
        for ids in queries.chunks(sorted(self.of_image)):
            for image, sha256, item, name, name_key in self.session.execute(statement.where(Image.id.in_(ids))):
                self.names[image] = name
                self.by_key[sha256].append((item, image))
                self.by_key[name_key].append((item, image))

    def _lookup_keys(self, text: str) -> tuple[list[str], list[str]]:
        """Return the keys of a name, then those of a stem; a sha256 is its own key."""
        if len(text) == 64 and all(letter in "0123456789abcdef" for letter in text.lower()):
            return [text.lower()], []
        name = text.rsplit("/", 1)[-1]
        keyed = partial(deidentify.keyed_hash, self.key)
        return [keyed(name)], list(map(keyed, with_endings(name)))
