"""Let drawings and comments follow their pixels when a known file is read again and its frames are stored by place.

An older version stored the frames of an enhanced object as they lie in the file. Its pixels stay as they are, unless
they are missing: then an import reads the file again, and writes the frames in their new order.
"""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.imaging.pixel_format import PixelFormat
from core.imaging.reader_pool import ReadImage
from db.tables import Comment, Drawing, Image


def follow(session: Session, read_again: Iterable[tuple[int, ReadImage]]) -> None:
    """Renumber what lies on the frames of images (by ID) whose frames are now stored in another order."""
    for image_id, image in read_again:
        row = session.get_one(Image, image_id)
        before = PixelFormat.from_json(row.format)
        if before.frames != image.format.frames or before.frame_order == image.format.frame_order:
            continue
        drawings = session.scalars(select(Drawing).where(Drawing.image_id == image_id)).all()
        comments = session.scalars(select(Comment).where(Comment.image_id == image_id)).all()
        drawn: list[Drawing | Comment] = [*drawings, *comments]
        for item in drawn:
            item.frame = image.format.stored_frame(before.file_frame(item.frame))
        row.format, row.pixel_sha256 = image.format.to_json(), image.pixel_sha256
