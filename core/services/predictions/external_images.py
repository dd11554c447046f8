"""Which case of a snapshot a line about an image is about: by the catalogue's id, by sha256, or by file name."""

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
    """The images of a snapshot's cases, found by what people call them."""

    def __init__(self, session: Session, snapshot: int, key: bytes) -> None:
        self.session, self.key = session, key
        self.of_image: dict[int, int] = {}
        self.names: dict[int, str] = {}
        self.found: dict[str, list[tuple[str, int]]] = defaultdict(list)  # (item, image) by sha256 or keyed name
        self._fill(snapshot)

    def case(self, line: ScoreRow) -> int | None:
        """The case of the snapshot, None where it has none of that image.

        Raises:
            InvalidInput: several images of several cases answer to the name.
        """
        if line.image.isdigit() and int(line.image) in self.of_image:
            return self.of_image[int(line.image)]
        there = [image for item, image in self.found.get(self._called(line.image), ()) if line.item in ("", item)]
        if len(there) > 1 and "/" in line.image:
            there = [image for image in there if self.names[image].endswith(line.image)] or there
        cases = {self.of_image[image] for image in there}
        if len(cases) > 1:
            raise InvalidInput(
                f"Line {line.number}: '{line.image}' is the name of {len(there)} images; give the "
                "sha256 of the file, and of an npz the column 'item'."
            )
        return next(iter(cases), None)

    def known(self, lines: Sequence[ScoreRow]) -> set[int]:
        """The numbers of the lines whose image is in the catalogue, though not in the snapshot."""
        named = {self._called(line.image) for line in lines}
        there: set[str] = set()
        for some in queries.chunks(sorted(named)):
            for column in (Image.sha256, Image.name_key):
                there |= set(self.session.scalars(select(column).where(column.in_(some))))
        ids = {int(line.image) for line in lines if line.image.isdigit() and len(line.image) < 12}
        numbers: set[int] = set()
        for some_ids in queries.chunks(sorted(ids)):
            numbers |= set(self.session.scalars(select(Image.id).where(Image.id.in_(some_ids))))
        return {
            line.number
            for line in lines
            if self._called(line.image) in there or (line.image.isdigit() and int(line.image) in numbers)
        }

    def _fill(self, snapshot: int) -> None:
        frozen = (
            select(SnapshotCase.case_id, SnapshotCase.images, Case.image_id)
            .join(Case, Case.id == SnapshotCase.case_id)
            .where(SnapshotCase.snapshot_id == snapshot)
        )
        for case, images, main in self.session.execute(frozen):
            self.of_image |= dict.fromkeys(images or [main], case)
        wanted = select(Image.id, Image.sha256, Image.item, Image.name, Image.name_key)
        for ids in queries.chunks(sorted(self.of_image)):
            for image, sha256, item, name, name_key in self.session.execute(wanted.where(Image.id.in_(ids))):
                self.names[image] = name
                self.found[sha256].append((item, image))
                self.found[name_key].append((item, image))

    def _called(self, text: str) -> str:
        """A sha256 as it is, a file's name as the catalogue keeps it: keyed."""
        if len(text) == 64 and all(letter in "0123456789abcdef" for letter in text.lower()):
            return text.lower()
        return deidentify.keyed_hash(self.key, text.rsplit("/", 1)[-1])
