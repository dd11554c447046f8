"""Write comments on a case or on a point of its image: append-only, deleted by a further row."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InvalidInput, NotFound
from core.imaging.pixel_format import PixelFormat
from core.services.annotation import annotations, text_validation
from db import Database, queries
from db.tables import Case, Comment, Image, Reader

LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Place:
    """A point of one frame, in pixels: the upper left corner of the image is 0, 0."""

    image: int
    frame: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class CommentView:
    """A current comment."""

    id: int
    case_id: int
    reader: str
    text: str
    at: float
    place: Place | None


def comment(db: Database, *, case_id: int, text: str, by: str, key: str, place: Place | None = None) -> CommentView:
    """Write a comment on a case, or on a point of one of its images; sending the same `key` twice adds one row.

    Raises:
        NotFound: no such case.
        InvalidInput: no text, a text that is too long, control characters, or a place outside the case's images.
    """
    text = text_validation.checked(text, what="The comment", most=LONGEST, lines=True)
    if not text:
        raise InvalidInput("The comment is empty; write a text, or cancel.")
    with db.transaction() as session:
        case = annotations.row_of(session, case_id)
        row = session.scalar(select(Comment).where(Comment.client_key == key))
        if row is None:
            row = Comment(
                case_id=case.id,
                reader_id=queries.reader_id(session, by),
                text=text,
                client_key=key,
                **_columns(session, case, place),
            )
            session.add(row)
            session.flush()
        return _view(row, session.get_one(Reader, row.reader_id).name)


def withdraw(db: Database, *, comment_id: int, by: str, key: str) -> None:
    """Delete one's own comment: it is no longer shown, but stays in the catalogue.

    Raises:
        NotFound: no such comment.
        InvalidInput: another reader wrote it.
    """
    with db.transaction() as session:
        row = session.get(Comment, comment_id)
        if row is None or row.withdraws_id is not None:
            raise NotFound(f"There is no comment {comment_id}; reload the page.")
        reader = queries.reader_id(session, by)
        if row.reader_id != reader:
            owner = session.get_one(Reader, row.reader_id).name
            raise InvalidInput(f"{owner} wrote comment {comment_id}; only the writer can delete it.")
        if session.scalar(select(Comment.id).where(Comment.withdraws_id == row.id)) is None:
            session.add(Comment(case_id=row.case_id, reader_id=reader, text="", withdraws_id=row.id, client_key=key))


def of_case(db: Database, case_id: int) -> list[CommentView]:
    """Return the current comments on a case, oldest first.

    Raises:
        NotFound: no such case.
    """
    with db.read() as session:
        annotations.row_of(session, case_id)
        withdrawn = select(Comment.withdraws_id).where(Comment.case_id == case_id, Comment.withdraws_id.isnot(None))
        rows = (
            select(Comment, Reader.name)
            .join(Reader, Reader.id == Comment.reader_id)
            .where(Comment.case_id == case_id, Comment.withdraws_id.is_(None), Comment.id.notin_(withdrawn))
            .order_by(Comment.id)
        )
        return [_view(row, reader) for row, reader in session.execute(rows)]


def _belongs(session: Session, image: Image, case: Case) -> bool:
    """Return whether a reader of the case sees the image; another stack of its series lay in older snapshots."""
    if image.id == case.image_id:
        return True
    return case.series_id is not None and image.series_id in queries.stacks_of_series(session, case.series_id)


def _columns(session: Session, case: Case, place: Place | None) -> dict[str, float]:
    """Return the columns of a comment's place.

    Raises:
        InvalidInput: an image of another case, a missing frame, or a point outside the image.
    """
    if place is None:
        return {}
    image = session.get(Image, place.image)
    if image is None or not _belongs(session, image, case):
        raise InvalidInput(f"Image {place.image} does not belong to case {case.id}; reload the page.")
    format = PixelFormat.from_json(image.format)
    if not 0 <= place.frame < format.frames:
        raise InvalidInput(f"Image {image.id} has {format.frames} frame(s); there is no frame {place.frame}.")
    if not (0 <= place.x <= format.columns and 0 <= place.y <= format.rows):
        raise InvalidInput(
            f"The point {place.x:g}, {place.y:g} is outside image {image.id}, which is {format.columns} "
            f"pixels wide and {format.rows} high; choose a point on the image."
        )
    return {"image_id": image.id, "frame": place.frame, "x": place.x, "y": place.y}


def _view(row: Comment, reader: str) -> CommentView:
    on_picture = row.image_id is not None and row.x is not None and row.y is not None
    place = Place(row.image_id, row.frame, row.x, row.y) if on_picture else None  # type: ignore[arg-type]
    return CommentView(row.id, row.case_id, reader, row.text, row.created_at, place)
