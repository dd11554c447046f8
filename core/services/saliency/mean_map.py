"""The mean map of a group of cases: where a model looks on all false positives, or on all of one site."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select

from core.services.predictions import predictions
from core.services.saliency import maps
from core.services.training import runs
from core.settings import Settings
from db import Database, queries
from db.tables import Case, Image

CELLS = 28  # an edge: no network here has a finer map


@dataclass(frozen=True, slots=True)
class MeanMap:
    """`values` are rows of cells from 0 to 1, () where no case has its map yet; of `of` cases `cases` have one.

    `class_name` is "" where the maps are of the class that the model gives most to, case by case.
    """

    values: tuple[tuple[float, ...], ...]
    cases: tuple[int, ...]
    of: int
    method: str
    class_name: str


def mean_map(
    db: Database,
    settings: Settings,
    run_id: int,
    case_ids: Sequence[int],
    method: str = "",
    *,
    class_index: int | None = None,
) -> MeanMap:
    """Of those maps that are filed, of a class or of the one that the model gives most to; each counts alike.

    Of findings the page of a case opens with the finding that is reviewed: give that one. Empty maps count too.

    Raises:
        NotFound: no such run, or it has no checkpoint.
        InvalidInput: predictions made elsewhere, a method that does not suit, or no such class.
    """
    from PIL import Image as Picture

    run = runs.get(db, run_id)
    runs.need_model(run, "choose a run that was trained here")
    asked = maps.map_key(run, predictions.checkpoint(db, run_id), method, class_index, "")
    total, there = np.zeros((CELLS, CELLS)), []
    for case, image in _images(db, case_ids):
        path = asked.path(settings, image)
        if path.exists():
            with Picture.open(path) as picture:
                small = picture.convert("L").resize((CELLS, CELLS), Picture.Resampling.BOX)
            total += np.asarray(small, dtype=np.float64) / 255
            there.append(case)
    rows = tuple(tuple(float(one) for one in row) for row in total / len(there)) if there else ()
    names = maps.target_names(run)
    shown = 0 if len(names) == 1 else class_index
    return MeanMap(rows, tuple(there), len(set(case_ids)), asked.method, "" if shown is None else names[shown])


def _images(db: Database, case_ids: Sequence[int]) -> list[tuple[int, Image]]:
    found: list[tuple[int, Image]] = []
    with db.read() as session:
        for ids in queries.chunks(sorted(set(case_ids))):
            wanted = select(Case.id, Image).join(Image, Image.id == Case.image_id).where(Case.id.in_(ids))
            found += [(case, image) for case, image in session.execute(wanted.order_by(Case.id))]
    return found
