"""The mean map of a group of cases: where a model looks on all false positives, or on all of one site."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from core.services import explaining, predicting, runs
from core.settings import Settings
from db import Database, queries
from db.tables import Case, Image

CELLS = 28  # an edge: no network here has a finer map


@dataclass(frozen=True, slots=True)
class MeanMap:
    """`values` are rows of cells from 0 to 1, () where no case has its map yet; of `of` cases `n` have one."""

    values: tuple[tuple[float, ...], ...]
    n: int
    of: int


def mean(db: Database, settings: Settings, run_id: int, case_ids: Sequence[int], method: str = "") -> MeanMap:
    """Of those maps that are filed, as the page of a case opens with them; each counts alike, empty ones too.

    Raises:
        NotFound: no such run, or it has no checkpoint.
        InvalidInput: predictions made elsewhere, or a method that does not suit.
    """
    import numpy as np
    from PIL import Image as Picture

    run = runs.get(db, run_id)
    runs.need_model(run, "choose a run that was trained here")
    asked = explaining.asked_of(run, predicting.checkpoint(db, run_id), method, None, "")
    total, count = np.zeros((CELLS, CELLS)), 0
    for image in _images(db, case_ids):
        path = asked.path(settings, image)
        if path.exists():
            with Picture.open(path) as picture:
                small = picture.convert("L").resize((CELLS, CELLS), Picture.Resampling.BOX)
            total += np.asarray(small, dtype=np.float64) / 255
            count += 1
    rows = tuple(tuple(float(one) for one in row) for row in total / max(1, count)) if count else ()
    return MeanMap(rows, count, len(case_ids))


def _images(db: Database, case_ids: Sequence[int]) -> list[Image]:
    found: list[Image] = []
    with db.read() as session:
        for ids in queries.chunks(sorted(set(case_ids))):
            found += session.scalars(select(Image).join(Case, Case.image_id == Image.id).where(Case.id.in_(ids)))
    return found
