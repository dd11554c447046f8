"""What a run's model makes of every case, filed beside its weights; and the training cases nearest to one of them."""

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
from db import Database
from db.tables import Case, Image, Patient, SnapshotCase
from db.vocabulary import Split

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.explain import features
else:
    features = LazyModule("core.explain.features")

AT_ONCE = 64
ASK = "make them with `rounds analyze --run {run} --kind features`, or on the case's page"


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """Activations before the last layer: `cases` (n,) sorted, `values` (n, width) float32."""

    cases: "NDArray[np.int64]"
    values: "NDArray[np.float32]"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A training case near another one: `similarity` is the cosine of their features, `said` its label as frozen."""

    case_id: int
    image_id: int
    patient: str
    similarity: float
    label: int
    said: str


def analyze(work: AnalysisContext) -> Json:
    """The examination: every case of every split, filed in the run's folder."""
    model = work.model()
    wanted = training_examples.examples_of(work.db, work.settings, work.run.snapshot_id)
    found: list[tuple[int, Any]] = []
    going = features.features(model, wanted, batch_size=AT_ONCE, cache=work.settings.folder("cache"))
    while batch := list(islice(going, AT_ONCE)):
        found += [(int(key), vector) for key, vector in batch]
        work.tell(len(found), len(wanted), "Reading what the model makes of each case")
    found.sort(key=lambda pair: pair[0])
    values = np.stack([vector for _, vector in found]).astype(np.float32)
    write(
        path(work.settings, work.run.id, work.checkpoint), FeatureTable(np.array([case for case, _ in found]), values)
    )
    return {"cases": len(found), "width": int(values.shape[1])}


def path(settings: Settings, run_id: int, checkpoint: str) -> Path:
    """Where the features by those weights lie."""
    return runs.folder(settings, run_id) / f"features-{checkpoint[:16]}.npz"


def write(place: Path, found: FeatureTable) -> None:
    """File them, whole or not at all."""
    whole = BytesIO()
    np.savez(whole, cases=found.cases, values=found.values)
    with atomic_write(place) as file:
        file.write(whole.getbuffer())


def load_features(db: Database, settings: Settings, run_id: int) -> FeatureTable | None:
    """The features by the run's best weights; None where they were not made yet.

    Raises:
        UserError: the file is damaged.
    """
    try:
        place = path(settings, run_id, predictions.checkpoint(db, run_id))
        return _read(place, place.stat().st_mtime_ns)
    except (FileNotFoundError, NotFound):
        return None


def neighbours(db: Database, settings: Settings, run_id: int, case_id: int, count: int = 6) -> list[Neighbour]:
    """The training cases nearest to a case by cosine, nearest first; the same patient's are left out.

    Raises:
        NotFound: no such run, no features of it yet, or the case is not among them.
    """
    found = load_features(db, settings, run_id)
    if found is None:
        raise NotFound(f"Run {run_id} has no features yet; {ASK.format(run=run_id)}.")
    at = int(np.searchsorted(found.cases, case_id))
    if at == len(found.cases) or found.cases[at] != case_id:
        raise NotFound(f"Case {case_id} has no features by run {run_id}; {ASK.format(run=run_id)}.")
    alike = found.values @ found.values[at]
    ordered = [int(found.cases[row]) for row in np.argsort(-alike, kind="stable")]
    similar = dict(zip(found.cases.tolist(), alike.tolist(), strict=True))
    return _told(db, run_id, case_id, ordered, similar, count)


def _told(
    db: Database, run_id: int, case_id: int, ordered: list[int], similar: dict[int, float], count: int
) -> list[Neighbour]:
    """The first of them that are training cases of other patients, in the order given."""
    run = runs.get(db, run_id)
    with db.read() as session:
        frozen = select(SnapshotCase.case_id).where(
            SnapshotCase.snapshot_id == run.snapshot_id, SnapshotCase.split == Split.TRAIN
        )
        own = select(SnapshotCase.patient_id).where(
            SnapshotCase.snapshot_id == run.snapshot_id, SnapshotCase.case_id == case_id
        )
        trained = set(session.scalars(frozen.where(SnapshotCase.patient_id.not_in(own))))
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
            min(1.0, similar[case]),
            rows[case][0].label,
            ground_truth_text.describe_targets(run, rows[case][0].targets or [rows[case][0].label]),
        )
        for case in chosen
    ]


@lru_cache(maxsize=2)
def _read(place: Path, _changed: int) -> FeatureTable:
    """Unit vectors, so that a cosine is a product."""
    try:
        with np.load(BytesIO(place.read_bytes()), allow_pickle=False) as file:
            cases, values = file["cases"], file["values"]
    except (ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise UserError(f"The features of run {place.parent.name} are damaged; make them again.") from error
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return FeatureTable(cases, values / np.maximum(lengths, 1e-12))
