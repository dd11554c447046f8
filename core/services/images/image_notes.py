"""Keep what imports noticed about images, and count it by kind."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from core.imaging.notes import NOTES, STACK_KINDS
from db import Database, queries
from db.tables import Image, ImageNote

EXAMPLES = 3  # names of files that a report gives for each kind


@dataclass(frozen=True, slots=True)
class NoteCount:
    """How often one kind of note was made, with the names of some files."""

    kind: str
    count: int
    examples: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return plain values, with the way out."""
        return {**asdict(self), "examples": list(self.examples), "way_out": NOTES[self.kind].way_out}

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> "NoteCount":
        """Read the output of `to_json`."""
        return cls(str(data["kind"]), int(str(data["count"])), tuple(map(str, data["examples"])))  # type: ignore[call-overload]


def add_up(counts: Sequence[NoteCount], noted: Iterable[tuple[str, str]]) -> tuple[NoteCount, ...]:
    """Return the counts with further (kind, file name) pairs, in the order of the table of kinds."""
    by_kind = {one.kind: one for one in counts}
    for kind, name in noted:
        before = by_kind.get(kind, NoteCount(kind, 0))
        is_new = len(before.examples) < EXAMPLES and name not in before.examples
        examples = (*before.examples, name) if is_new else before.examples
        by_kind[kind] = replace(before, count=before.count + 1, examples=examples)
    return tuple(by_kind[kind] for kind in NOTES if kind in by_kind)


def add_rows(session: Session, notes: Mapping[int, Iterable[str]]) -> None:
    """Write the kinds noted of each new image id."""
    rows = [{"image_id": image_id, "kind": kind} for image_id, kinds in notes.items() for kind in dict.fromkeys(kinds)]
    if rows:
        session.execute(insert(ImageNote), rows)


def replace_stack_notes(session: Session, image_ids: Sequence[int], notes: Mapping[int, Iterable[str]]) -> None:
    """Write what is noted of stacks at the first image of each, in place of what was noted of these images' stacks."""
    for ids in queries.chunks(list(image_ids)):
        session.execute(delete(ImageNote).where(ImageNote.image_id.in_(ids), ImageNote.kind.in_(STACK_KINDS)))
    add_rows(session, notes)


def stack_notes(db: Database, hashes: Iterable[str]) -> list[tuple[str, str]]:
    """Return what is noted of the stacks that have images of these files: (kind, name of the stack's first image)."""
    noted: dict[tuple[int, str], str] = {}
    with db.read() as session:
        for chunk in queries.chunks(sorted(hashes)):
            stacks = select(Image.series_id).where(Image.sha256.in_(chunk))
            rows = (
                select(ImageNote.image_id, ImageNote.kind, Image.name)
                .join(Image, Image.id == ImageNote.image_id)
                .where(Image.series_id.in_(stacks), ImageNote.kind.in_(STACK_KINDS))
                .order_by(ImageNote.image_id)
            )
            noted.update({(image_id, kind): name for image_id, kind, name in session.execute(rows)})
    return [(kind, name) for (_, kind), name in noted.items()]


def open_notes(db: Database) -> tuple[NoteCount, ...]:
    """Return the notes of all images that are not excluded, with the names of some of them."""
    with db.read() as session:
        counted = session.execute(
            select(ImageNote.kind, func.count())
            .join(Image, Image.id == ImageNote.image_id)
            .where(Image.excluded_because.is_(None))
            .group_by(ImageNote.kind)
        ).all()
        return tuple(
            NoteCount(kind, dict(counted)[kind], _examples(session, kind)) for kind in NOTES if kind in dict(counted)
        )


def notes_of(db: Database, image_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Return the kinds noted of each image, in the order of the table of kinds."""
    kinds: dict[int, set[str]] = {}
    with db.read() as session:
        for ids in queries.chunks(list(image_ids)):
            for image_id, kind in session.execute(
                select(ImageNote.image_id, ImageNote.kind).where(ImageNote.image_id.in_(ids))
            ):
                kinds.setdefault(image_id, set()).add(kind)
    return {image_id: tuple(kind for kind in NOTES if kind in noted) for image_id, noted in kinds.items()}


def _examples(session: Session, kind: str) -> tuple[str, ...]:
    statement = (
        select(Image.name)
        .join(ImageNote, ImageNote.image_id == Image.id)
        .where(ImageNote.kind == kind, Image.excluded_because.is_(None))
        .order_by(Image.id)
        .limit(EXAMPLES)
    )
    return tuple(session.scalars(statement))
