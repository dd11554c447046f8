"""Read the metadata of cases by column: site, sex, age, view, device, modality, image size."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.evaluation import slices
from core.evaluation.metadata_binning import UNKNOWN, bin_metadata
from core.imaging.tables.run_columns import SIZE
from core.services.predictions.score_arrays import ScoreArrays
from db import Database, queries
from db.tables import Case, Fact, Image, Series

MODALITY = "modality"


def facts(db: Database, cases: Iterable[int], missing: str = UNKNOWN) -> dict[str, list[str]]:
    """Return the metadata columns of cases by name: one value per case in the given order, `missing` without one.

    A series or study has the metadata of its representative image; the size is columns × rows.
    """
    case_ids = [int(case) for case in cases]
    with db.read() as session:
        image_of_case = _images(session, case_ids)
        columns = _values_by_image(session, sorted(set(image_of_case.values())))
    image_ids = [image_of_case.get(case, 0) for case in case_ids]
    return {
        name: [values.get(image) or missing for image in image_ids]
        for name, values in sorted(columns.items())
        if values
    }


def banded_facts(db: Database, cases: NDArray[np.int64], split: ScoreArrays | None) -> dict[str, list[str]]:
    """Return the binned metadata of cases (m,); given a whole `split`, that of the cases' patients (m,).

    A patient's value comes from all of the patient's cases in the split, so it does not depend on which case
    represents the patient; see `slices.of_patients` for patients whose cases differ.
    """
    if split is None:
        return bin_metadata(facts(db, cases.tolist()))
    owner, rows = split.owner, split.owner[np.searchsorted(split.cases, cases)]
    return {
        name: slices.patient_values(values, owner, len(split.patients))[rows].tolist()
        for name, values in bin_metadata(facts(db, split.cases.tolist())).items()
    }


def _images(session: Session, cases: Sequence[int]) -> dict[int, int]:
    image_of_case: dict[int, int] = {}
    for ids in queries.chunks(sorted(set(cases))):
        image_of_case.update(session.execute(select(Case.id, Case.image_id).where(Case.id.in_(ids))).all())
    return image_of_case


def _values_by_image(session: Session, images: list[int]) -> dict[str, dict[int, str]]:
    """Return values by column, then by image."""
    by_column: dict[str, dict[int, str]] = {SIZE: {}, MODALITY: {}}
    for ids in queries.chunks(images):
        size = Image.format["columns"].as_integer(), Image.format["rows"].as_integer()
        sizes = select(Image.id, *size, Series.modality).outerjoin(Series, Series.id == Image.series_id)
        for image, width, height, modality in session.execute(sizes.where(Image.id.in_(ids))):
            by_column[SIZE][image] = f"{width}×{height}" if width and height else ""
            by_column[MODALITY][image] = modality or ""
        for image, name, value in session.execute(
            select(Fact.image_id, Fact.name, Fact.value).where(Fact.image_id.in_(ids))
        ):
            by_column.setdefault(name, {})[image] = value  # the file's own modality takes precedence over its series'
    return {name: values for name, values in by_column.items() if any(values.values())}
