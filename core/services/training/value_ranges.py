"""Read which values the grey images of a snapshot have, from the catalogue alone."""

from sqlalchemy import func, select

from core.training.windowing import ValueRange
from db import Database, queries
from db.tables import Case, Image, Series, SnapshotCase


def value_ranges(db: Database, snapshot_id: int) -> tuple[ValueRange, ...]:
    """Return the range of values of each modality and unit among the grey images of a snapshot; () if it has none."""
    frozen = (
        select(SnapshotCase.images, Case.image_id)
        .join(Case, Case.id == SnapshotCase.case_id)
        .where(SnapshotCase.snapshot_id == snapshot_id)
    )
    low, high, unit = Image.format["low"].as_float(), Image.format["high"].as_float(), Image.format["unit"].as_string()
    grouped = (
        select(Series.modality, unit, func.min(low), func.max(high))
        .select_from(Image)
        .outerjoin(Series, Series.id == Image.series_id)
        .where(Image.format["channels"].as_integer() == 1)
        .group_by(Series.modality, unit)
    )
    ranges: dict[tuple[str, str], ValueRange] = {}
    with db.read() as session:
        images = {image for listed, main in session.execute(frozen) for image in listed or [main]}
        for ids in queries.chunks(sorted(images)):
            for modality, unit_name, lowest, highest in session.execute(grouped.where(Image.id.in_(ids))):
                key = (modality or "", unit_name or "")
                known = ranges.get(key, ValueRange(*key, lowest, highest))
                ranges[key] = ValueRange(*key, min(known.low, lowest), max(known.high, highest))
    return tuple(ranges.values())
