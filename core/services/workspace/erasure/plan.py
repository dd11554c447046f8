"""Plan what to erase of some patients, before their rows are gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.imaging.pixel_format import PixelFormat
from core.imaging.store import Store
from core.services.workspace.erasure import pending, person_files, person_rows, remains
from core.services.workspace.erasure.mentions import Mentions
from core.services.workspace.erasure.pending import Pending
from core.services.workspace.erasure.person_rows import Rows
from core.services.workspace.erasure.remains import Remaining
from core.settings import Settings
from db import queries
from db.tables import Case, Image, Import, ImportedImage


@dataclass(frozen=True, slots=True)
class ErasedImage:
    """An image to erase: its file and item, its name, and where its pixels are."""

    id: int
    sha256: str
    item: str
    name: str
    offset: int
    nbytes: int


@dataclass(frozen=True, slots=True)
class ErasurePlan:
    """Patients by pseudonym with their rows and images; `shared` are files that have images of other patients too.

    `requests` are the keys of the imports that brought the images: their folders may be named after a person.
    """

    patients: tuple[str, ...]
    rows: Rows
    images: tuple[ErasedImage, ...]
    shared: frozenset[str]
    remaining: Remaining
    requests: tuple[str, ...]

    @classmethod
    def of(cls, session: Session, patients: Sequence[int]) -> "ErasurePlan":
        """Return the plan.

        Raises:
            NotFound: no patient has such an id.
        """
        names = queries.pseudonyms(session, patients)
        if missing := set(patients) - names.keys():
            raise NotFound(f"There is no patient with the number {min(missing)}.")
        rows = person_rows.rows_of(session, patients)
        images = _images(session, rows.get(Image.__tablename__, []))
        remaining = remains.of_cases(session, rows.get(Case.__tablename__, []))
        requests = _requests(session, [one.id for one in images])
        return cls(tuple(sorted(names.values())), rows, images, _shared(session, images), remaining, requests)

    @property
    def hashes(self) -> frozenset[str]:
        """The files that are of these patients alone."""
        return frozenset(one.sha256 for one in self.images) - self.shared

    @property
    def cases(self) -> list[int]:
        """The ids of the cases."""
        return self.rows.get(Case.__tablename__, [])

    def mentions(self) -> Mentions:
        """Return what names these patients in texts."""
        names = {*self.patients, *(one.name for one in self.images)}
        return Mentions.of(names, self.hashes, self.cases, [one.id for one in self.images])

    def pending(self, settings: Settings) -> Pending:
        """Return the note of what is to be done after the commit, and harms nothing before it."""
        hashes = {one.sha256 for one in self.images}
        computed = person_files.computed(settings, hashes, self.cases, self.remaining.runs)
        ranges = [(one.sha256, one.offset, one.nbytes) for one in self._of_shared()]
        return Pending(pending.relative(settings, computed), ranges)

    def files(self, settings: Settings) -> set[Path]:
        """Return the files to remove after the commit."""
        return {
            *person_files.of_images(settings, self.hashes),
            *person_files.of_items(settings, [(one.sha256, one.item) for one in self._of_shared()]),
            *person_files.inbox(settings, self.hashes),
            *person_files.requests(settings, self.requests),
        }

    def outside(self, settings: Settings) -> list[Path]:
        """Return the originals outside the home, which are only linked."""
        notes = filter(None, map(Store(settings.home).find_original, sorted(self.hashes)))
        return [Path(note.read_text()) for note in notes if note.suffix == ".ref"]

    def _of_shared(self) -> list[ErasedImage]:
        return [one for one in self.images if one.sha256 in self.shared]


def _images(session: Session, ids: list[int]) -> tuple[ErasedImage, ...]:
    columns = select(Image.id, Image.sha256, Image.item, Image.name, Image.offset, Image.format)
    rows = (row for some in queries.chunks(ids) for row in session.execute(columns.where(Image.id.in_(some))))
    return tuple(
        ErasedImage(row.id, row.sha256, row.item, row.name, row.offset, PixelFormat.from_json(row.format).nbytes)
        for row in rows
    )


def _requests(session: Session, images: Sequence[int]) -> tuple[str, ...]:
    keys = set[str]()
    for ids in queries.chunks(list(images)):
        brought = select(Import.request_key).join(ImportedImage).where(ImportedImage.image_id.in_(ids))
        keys |= set(session.scalars(brought))
    return tuple(sorted(keys))


def _shared(session: Session, images: Sequence[ErasedImage]) -> frozenset[str]:
    ids, shared = {one.id for one in images}, set[str]()
    for hashes in queries.chunks(sorted({one.sha256 for one in images})):
        pairs = session.execute(select(Image.id, Image.sha256).where(Image.sha256.in_(hashes)))
        shared |= {sha256 for image_id, sha256 in pairs if image_id not in ids}
    return frozenset(shared)
