"""Find the initial weights of a training, and check that they may be used."""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InvalidInput, NotFound, NotTrainable
from core.services.training import runs
from core.settings import Settings
from core.training.spec import TrainSpec
from db import Database, queries
from db.tables import Checkpoint, Patient, Run, SnapshotCase
from db.vocabulary import CheckpointKind, Split

ENDINGS = (".safetensors", ".pth", ".pt")


def files(settings: Settings) -> list[str]:
    """Return the names of the weight files in this home's folder `weights`."""
    folder = settings.folder("weights")
    return sorted(one.name for one in folder.iterdir() if one.suffix in ENDINGS and one.is_file())


def weights_path(settings: Settings, spec: TrainSpec) -> Path | None:
    """Return the file of initial weights; None for random or published ones.

    Raises:
        InvalidInput: the file is not in the home's folder of weights.
    """
    if spec.start == "run":
        return runs.folder(settings, spec.start_run) / "best.safetensors"
    if spec.start != "file":
        return None
    names = files(settings)
    if spec.start_file not in names:
        raise InvalidInput(
            f"The initial weights (start_file) '{spec.start_file}' are not in {settings.folder('weights')}; copy the "
            f"file there, or choose one of: {', '.join(names) or 'no weights yet'}."
        )
    return settings.folder("weights") / spec.start_file


def check_no_leakage_from_run(db: Database, snapshot_id: int, spec: TrainSpec) -> None:
    """Refuse an initial run that was trained on patients who validate or test in this dataset.

    Raises:
        NotFound: there is no such run, or it has no weights.
        NotTrainable: patients of its training split are in validation or test here; gives their number and one name.
    """
    if spec.start != "run":
        return
    with db.read() as session:
        run = session.get(Run, spec.start_run)
        if run is None or session.get(Checkpoint, (run.id, CheckpointKind.BEST)) is None:
            why = " (external predictions)" if run is not None and run.external_source is not None else ""
            raise NotFound(f"The initial run (start_run) {spec.start_run} has no weights{why}; choose a trained run.")
        trained = _persons(session, run.snapshot_id, Split.TRAIN)
        evaluated = _persons(session, snapshot_id, Split.VAL) | _persons(session, snapshot_id, Split.TEST)
        shared = sorted(trained & evaluated)
    if shared:
        raise NotTrainable(
            f"Run {spec.start_run} was trained on {len(shared)} patients who are in validation or test here, such as "
            f"{shared[0]}: patient leakage. Start from a run whose training patients are all in this training split."
        )


def _persons(session: Session, snapshot_id: int, split: Split) -> set[str]:
    """Return the persons of a split, as patients are joined today: both snapshots are read by the same rule."""
    conditions = SnapshotCase.snapshot_id == snapshot_id, SnapshotCase.split == split
    joined = select(queries.person_name()).join(SnapshotCase, SnapshotCase.patient_id == Patient.id)
    return set(session.scalars(joined.where(*conditions).distinct()))
