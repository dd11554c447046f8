"""Find pictures that several patients have: a proposal that they are one person, never a proof."""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.imaging.pixel_format import PixelFormat
from core.imaging.store import Store
from core.settings import Settings
from db import queries
from db.tables import Image


def patients_with_one_picture(session: Session, settings: Settings) -> list[set[int]]:
    """Return the patients of each picture that several have; a picture of a single value is no evidence."""
    store, groups = Store(settings.home), _by_pixels(session)
    several = (images for images in groups.values() if len({image.patient_id for image in images}) > 1)
    return [{image.patient_id for image in images} for images in several if not _is_constant(store, images[0])]


def _by_pixels(session: Session) -> Mapping[str, list[Image]]:
    project = queries.project_id(session)
    repeated = select(Image.pixel_sha256).where(Image.project_id == project).group_by(Image.pixel_sha256)
    groups: dict[str, list[Image]] = defaultdict(list)
    for hashes in queries.chunks(list(session.scalars(repeated.having(func.count() > 1)))):
        rows = select(Image).where(Image.project_id == project, Image.pixel_sha256.in_(hashes))
        for image in session.scalars(rows.where(Image.excluded_because.is_(None)).order_by(Image.id)):
            groups[image.pixel_sha256].append(image)
    return groups


def _is_constant(store: Store, image: Image) -> bool:
    """Return whether all pixels are equal; of colour the format does not say it, so that the pixels are read."""
    format = PixelFormat.from_json(image.format)
    if format.channels == 1:
        return format.low == format.high
    try:
        with store.pixels(image.sha256).open("rb") as file:
            file.seek(image.offset)
            data = file.read(format.frame_bytes)
    except OSError:
        return False
    pixel = data[: format.frame_bytes // (format.rows * format.columns)]
    return data == pixel * (format.rows * format.columns)
