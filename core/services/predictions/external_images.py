"""Match the lines of external predictions with a snapshot's cases: by catalogue id, sha256, or file name."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InvalidInput
from core.imaging import deidentify
from core.services.predictions.external_scores import ScoreRow
from db import queries
from db.tables import Case, Image, SnapshotCase


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
        if line.image.isdigit() and int(line.image) in self.of_image:
            return self.of_image[int(line.image)]
        matches = [
            image for item, image in self.by_key.get(self._lookup_key(line.image), ()) if line.item in ("", item)
        ]
        if len(matches) > 1 and "/" in line.image:
            matches = [image for image in matches if self.names[image].endswith(line.image)] or matches
        cases = {self.of_image[image] for image in matches}
        if len(cases) > 1:
            raise InvalidInput(
                f"Line {line.number}: {len(matches)} images are named '{line.image}'; give the sha256 of the file, "
                "and for an npz the column 'item'."
            )
        return next(iter(cases), None)

    def known(self, lines: Sequence[ScoreRow]) -> set[int]:
        """Return the numbers of the lines whose image is in the catalogue but not in the snapshot."""
        named = {self._lookup_key(line.image) for line in lines}
        known_keys: set[str] = set()
        for keys in queries.chunks(sorted(named)):
            for column in (Image.sha256, Image.name_key):
                known_keys |= set(self.session.scalars(select(column).where(column.in_(keys))))
        ids = {int(line.image) for line in lines if line.image.isdigit() and len(line.image) < 12}
        numbers: set[int] = set()
        for some_ids in queries.chunks(sorted(ids)):
            numbers |= set(self.session.scalars(select(Image.id).where(Image.id.in_(some_ids))))
        return {
            line.number
            for line in lines
            if self._lookup_key(line.image) in known_keys or (line.image.isdigit() and int(line.image) in numbers)
        }

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

    def _lookup_key(self, text: str) -> str:
        """Return a sha256 unchanged, a file name keyed as the catalogue stores it."""
        if len(text) == 64 and all(letter in "0123456789abcdef" for letter in text.lower()):
            return text.lower()
        return deidentify.keyed_hash(self.key, text.rsplit("/", 1)[-1])
