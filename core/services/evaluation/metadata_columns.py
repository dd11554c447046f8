"""What is known of cases besides their pixels, by column: site, sex, age, view, device, modality, image size."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.evaluation import slices
from core.evaluation.metadata_binning import UNKNOWN, bin_metadata
from core.services.predictions.score_arrays import ScoreArrays
from db import Database, queries
from db.tables import Case, Fact, Image, Series

SIZE, MODALITY = "image size", "modality"


def facts(db: Database, cases: Iterable[int]) -> dict[str, list[str]]:
    """Each fact that any of the cases' images has, by name: one value per case in their order, "unknown" where absent.

    Of a series or study they are those of the image that stands for it; the size is columns × rows.
    """
    wanted = [int(one) for one in cases]
    with db.read() as session:
        image = _images(session, wanted)
        known = _told(session, sorted(set(image.values())))
    shown = [image.get(one, 0) for one in wanted]
    return {name: [values.get(one) or UNKNOWN for one in shown] for name, values in sorted(known.items()) if values}


def banded_facts(db: Database, cases: NDArray[np.int64], split: ScoreArrays | None) -> dict[str, list[str]]:
    """The banded facts of cases (m,), or with a whole `split` those of the patients that they speak for, (m,).

    A patient has what all of its cases of the split have. So which case speaks for it, and with it the score, does not
    matter; see `slices.of_patients` where cases differ.
    """
    if split is None:
        return bin_metadata(facts(db, cases.tolist()))
    owner, rows = split.owner, split.owner[np.searchsorted(split.cases, cases)]
    return {
        name: slices.patient_values(values, owner, len(split.patients))[rows].tolist()
        for name, values in bin_metadata(facts(db, split.cases.tolist())).items()
    }


def _images(session: Session, cases: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for ids in queries.chunks(sorted(set(cases))):
        found.update(session.execute(select(Case.id, Case.image_id).where(Case.id.in_(ids))).all())
    return found


def _told(session: Session, images: list[int]) -> dict[str, dict[int, str]]:
    """Values by fact, then by image."""
    found: dict[str, dict[int, str]] = {SIZE: {}, MODALITY: {}}
    for ids in queries.chunks(images):
        size = Image.format["columns"].as_integer(), Image.format["rows"].as_integer()
        pictures = select(Image.id, *size, Series.modality).outerjoin(Series, Series.id == Image.series_id)
        for image, columns, rows, modality in session.execute(pictures.where(Image.id.in_(ids))):
            found[SIZE][image] = f"{columns}×{rows}" if columns and rows else ""
            found[MODALITY][image] = modality or ""
        for image, name, value in session.execute(
            select(Fact.image_id, Fact.name, Fact.value).where(Fact.image_id.in_(ids))
        ):
            found.setdefault(name, {})[image] = value  # a file's own word on its modality goes before its series'
    return {name: values for name, values in found.items() if any(values.values())}
