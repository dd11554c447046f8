"""Average the saliency maps of a group of cases, such as all false positives or all cases of one site."""

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

CELLS = 28  # cells per edge; no network here has a finer map


@dataclass(frozen=True, slots=True)
class MeanMap:
    """The mean map: `values` are rows of cells in [0, 1], () without any map; `cases` of `of` cases have a map.

    `class_name` is "" if each map is of its case's most probable class.
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
    """Return the mean of the stored maps, of one class or of each case's most probable one, with equal weights.

    For findings give the finding under review, whose maps a case's page computes. Empty maps count too.

    Raises:
        NotFound: no such run, or it has no checkpoint.
        InvalidInput: external predictions, a method that does not fit, or no such class.
    """
    from PIL import Image as Picture

    run = runs.get(db, run_id)
    runs.need_model(run, "choose a run that was trained here")
    key = maps.map_key(run, predictions.checkpoint(db, run_id), method, class_index, "")
    total, with_map = np.zeros((CELLS, CELLS)), []
    for case, image in _images(db, case_ids):
        path = key.path(settings, image)
        if path.exists():
            with Picture.open(path) as picture:
                small = picture.convert("L").resize((CELLS, CELLS), Picture.Resampling.BOX)
            total += np.asarray(small, dtype=np.float64) / 255
            with_map.append(case)
    rows = tuple(tuple(float(cell) for cell in row) for row in total / len(with_map)) if with_map else ()
    names = maps.target_names(run)
    shown = 0 if len(names) == 1 else class_index
    return MeanMap(rows, tuple(with_map), len(set(case_ids)), key.method, "" if shown is None else names[shown])


def _images(db: Database, case_ids: Sequence[int]) -> list[tuple[int, Image]]:
    pairs: list[tuple[int, Image]] = []
    with db.read() as session:
        for ids in queries.chunks(sorted(set(case_ids))):
            statement = select(Case.id, Image).join(Image, Image.id == Case.image_id).where(Case.id.in_(ids))
            pairs += [(case, image) for case, image in session.execute(statement.order_by(Case.id))]
    return pairs
