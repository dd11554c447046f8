"""Store the model's features of every case beside its weights, and find the nearest training cases of a case."""

import zipfile
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import select

from core.errors import NotFound, UserError
from core.imaging.atomic_write import atomic_write
from core.lazy_modules import LazyModule
from core.services.analysis import ground_truth_text
from core.services.analysis.analysis import AnalysisContext, Json
from core.services.datasets import training_examples
from core.services.predictions import predictions
from core.services.training import runs
from core.settings import Settings
from db import Database, queries
from db.tables import Case, Image, Patient, SnapshotCase
from db.vocabulary import Split

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.explain import features
else:
    features = LazyModule("core.explain.features")

AT_ONCE = 64
ASK = "compute them with `rounds analyze --run {run} --kind features`, or on the case's page"


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """Penultimate-layer features: `cases` (n,) sorted case ids, `values` (n, width) float32."""

    cases: "NDArray[np.int64]"
    values: "NDArray[np.float32]"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A near training case: `similarity` is the cosine of the features, `label_text` describes its frozen label."""

    case_id: int
    image_id: int
    patient: str
    similarity: float
    label: int
    label_text: str


def analyze(work: AnalysisContext) -> Json:
    """Run the analysis "features": compute and store the features of every case of every split."""
    model = work.model()
    examples = training_examples.examples_of(work.db, work.settings, work.run.snapshot_id)
    rows: list[tuple[int, Any]] = []
    stream = features.features(model, examples, batch_size=AT_ONCE, cache=work.settings.folder("cache"))
    while batch := list(islice(stream, AT_ONCE)):
        rows += [(int(key), vector) for key, vector in batch]
        work.report_progress(len(rows), len(examples), "Computing features")
    rows.sort(key=lambda pair: pair[0])
    values = np.stack([vector for _, vector in rows]).astype(np.float32)
    write(path(work.settings, work.run.id, work.checkpoint), FeatureTable(np.array([case for case, _ in rows]), values))
    return {"cases": len(rows), "width": int(values.shape[1])}


def path(settings: Settings, run_id: int, checkpoint: str) -> Path:
    """Return the file of the features of a checkpoint."""
    return runs.folder(settings, run_id) / f"features-{checkpoint[:16]}.npz"


def write(path: Path, table: FeatureTable) -> None:
    """Write the features atomically."""
    buffer = BytesIO()
    np.savez(buffer, cases=table.cases, values=table.values)
    with atomic_write(path) as file:
        file.write(buffer.getbuffer())


def load_features(db: Database, settings: Settings, run_id: int) -> FeatureTable | None:
    """Return the features of the run's best weights; None if they are not computed yet.

    Raises:
        UserError: the file is damaged.
    """
    try:
        file = path(settings, run_id, predictions.checkpoint(db, run_id))
        return _read(file, file.stat().st_mtime_ns)
    except (FileNotFoundError, NotFound):
        return None


def neighbours(db: Database, settings: Settings, run_id: int, case_id: int, count: int = 6) -> list[Neighbour]:
    """Return the training cases nearest to a case by cosine similarity, without those of the same patient.

    Raises:
        NotFound: no such run, no features yet, or the case has none.
    """
    table = load_features(db, settings, run_id)
    if table is None:
        raise NotFound(f"Run {run_id} has no features yet; {ASK.format(run=run_id)}.")
    at = int(np.searchsorted(table.cases, case_id))
    if at == len(table.cases) or table.cases[at] != case_id:
        raise NotFound(f"Run {run_id} has no features of case {case_id}; {ASK.format(run=run_id)}.")
    similarity = table.values @ table.values[at]
    ordered = [int(table.cases[row]) for row in np.argsort(-similarity, kind="stable")]
    similarity_of_case = dict(zip(table.cases.tolist(), similarity.tolist(), strict=True))
    return _training_neighbours(db, run_id, case_id, ordered, similarity_of_case, count)


def _training_neighbours(
    db: Database, run_id: int, case_id: int, ordered: list[int], similarity_of_case: dict[int, float], count: int
) -> list[Neighbour]:
    """Return the first `count` of the ordered cases that are training cases of other patients."""
    run = runs.get(db, run_id)
    with db.read() as session:
        frozen = select(SnapshotCase.case_id).where(
            SnapshotCase.snapshot_id == run.snapshot_id, SnapshotCase.split == Split.TRAIN
        )
        persons = (
            select(queries.frozen_person())
            .select_from(SnapshotCase)
            .join(Patient, Patient.id == SnapshotCase.patient_id)
        )
        same_person = session.scalar(
            persons.where(SnapshotCase.snapshot_id == run.snapshot_id, SnapshotCase.case_id == case_id)
        )
        others = frozen.join(Patient, Patient.id == SnapshotCase.patient_id)
        trained = set(session.scalars(others.where(queries.frozen_person() != (same_person or ""))))
        chosen = list(islice((case for case in ordered if case in trained), count))
        joined = (
            select(SnapshotCase, Case.image_id, Patient.pseudonym)
            .join(Case, Case.id == SnapshotCase.case_id)
            .join(Image, Image.id == Case.image_id)
            .join(Patient, Patient.id == Image.patient_id)
            .where(SnapshotCase.snapshot_id == run.snapshot_id, SnapshotCase.case_id.in_(chosen))
        )
        rows = {row.case_id: (row, image, patient) for row, image, patient in session.execute(joined)}
    return [
        Neighbour(
            case,
            rows[case][1],
            rows[case][2],
            min(1.0, similarity_of_case[case]),
            rows[case][0].label,
            ground_truth_text.describe_targets(run, rows[case][0].targets or [rows[case][0].label]),
        )
        for case in chosen
    ]


@lru_cache(maxsize=2)
def _read(place: Path, _changed: int) -> FeatureTable:
    """Return unit vectors, so that a cosine is a dot product."""
    try:
        with np.load(BytesIO(place.read_bytes()), allow_pickle=False) as archive:
            cases, values = archive["cases"], archive["values"]
    except (ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise UserError(f"The features of run {place.parent.name} are damaged; compute them again.") from error
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return FeatureTable(cases, values / np.maximum(lengths, 1e-12))
