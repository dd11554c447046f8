"""Which weights a training starts from, and whether it may."""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InvalidInput, NotFound, NotTrainable
from core.services.training import runs
from core.settings import Settings
from core.training.spec import TrainSpec
from db import Database
from db.tables import Checkpoint, Patient, Run, SnapshotCase
from db.vocabulary import CheckpointKind, Split

ENDINGS = (".safetensors", ".pth", ".pt")


def files(settings: Settings) -> list[str]:
    """The files of weights that a training of this home can start from, by name."""
    folder = settings.folder("weights")
    return sorted(one.name for one in folder.iterdir() if one.suffix in ENDINGS and one.is_file())


def weights_path(settings: Settings, spec: TrainSpec) -> Path | None:
    """The file of weights that a training starts from; None where it starts from nothing or from published ones.

    Raises:
        InvalidInput: the file is not in the home's folder of weights.
    """
    if spec.start == "run":
        return runs.folder(settings, spec.start_run) / "best.safetensors"
    if spec.start != "file":
        return None
    there = files(settings)
    if spec.start_file not in there:
        raise InvalidInput(
            f"File to start from (start_file) is '{spec.start_file}', and the folder {settings.folder('weights')} "
            f"holds {', '.join(there) or 'no file of weights yet'}; put the file there, or name one that is."
        )
    return settings.folder("weights") / spec.start_file


def check_no_leakage_from_run(db: Database, snapshot_id: int, spec: TrainSpec) -> None:
    """Refuse a run to start from that is none, or that has learned from whom this dataset judges by.

    Raises:
        NotFound: there is no such run, or it has no weights yet.
        NotTrainable: patients it was trained on are in validation or test here; says how many and names one.
    """
    if spec.start != "run":
        return
    with db.read() as session:
        run = session.get(Run, spec.start_run)
        if run is None or session.get(Checkpoint, (run.id, CheckpointKind.BEST)) is None:
            why = ": its predictions were made elsewhere" if run is not None and run.external_source is not None else ""
            raise NotFound(
                f"Run {spec.start_run} to start from (start_run) has no weights{why}; choose one that is trained."
            )
        known = _patients(session, run.snapshot_id, Split.TRAIN)
        judged = _patients(session, snapshot_id, Split.VAL) | _patients(session, snapshot_id, Split.TEST)
        shared = sorted(known & judged)
        name = session.get_one(Patient, shared[0]).pseudonym if shared else ""
    if shared:
        raise NotTrainable(
            f"Run {spec.start_run} was trained on {len(shared)} of the patients that validate or test here, the first "
            f"is {name}: it would be judged by what it has seen; start from a run whose training split this one keeps."
        )


def _patients(session: Session, snapshot_id: int, split: Split) -> set[int]:
    there = SnapshotCase.snapshot_id == snapshot_id, SnapshotCase.split == split
    return set(session.scalars(select(SnapshotCase.patient_id).where(*there).distinct()))
