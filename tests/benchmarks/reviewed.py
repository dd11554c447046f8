"""A home with many predicted cases of patients with several images each, made without training anything."""

import csv
from pathlib import Path

import numpy as np

PER_PATIENT, EDGE, OTHERS, SEED = 5, 24, 10, 7


def make(home: Path, *, cases: int) -> int:
    """Import small pictures as an npz, freeze them, and take predictions of the validation split; gives the run."""
    from core.curation.recipe import Recipe
    from core.services.annotation import tasks
    from core.services.datasets import snapshots
    from core.services.imports import import_files, import_request
    from core.services.predictions import external
    from core.services.workspace import home as workspace_home
    from core.settings import Settings

    settings, file = Settings.read(home), home.parent / "pictures.npz"
    scores = write(file, cases)
    db = workspace_home.open_home(settings)
    try:
        for _ in import_files.run(db, settings, import_request.ImportRequest(file, task="opacity"), by="benchmark"):
            pass
        _share_patients(db)
        task = tasks.task_named(db, "opacity").id
        frozen = snapshots.freeze(db, task, Recipe(split_fact="split"), name="given splits", by="benchmark")
        imported = _predictions(db, frozen.id, scores, home.parent / "scores.csv")
        return external.import_predictions(
            db, settings, snapshot=frozen.id, name="scores", csv=imported, by="benchmark"
        )
    finally:
        db.close()


def write(file: Path, cases: int) -> np.ndarray:
    """Pictures of noise; their truths go with the scores (cases,) that are given back."""
    rng = np.random.default_rng(SEED)
    truth = rng.random(cases) < 0.3
    scores = 1 / (1 + np.exp(-rng.normal(np.where(truth, 1.2, -1.2), 1.5)))
    counts = {"train": OTHERS, "val": cases, "test": OTHERS}
    labels = {name: truth if name == "val" else np.arange(count) % 2 for name, count in counts.items()}
    pictures = {
        f"{name}_images": rng.integers(0, 255, (count, EDGE, EDGE), dtype=np.uint8) for name, count in counts.items()
    }
    np.savez(file, **pictures, **{f"{name}_labels": one.astype(np.int64)[:, None] for name, one in labels.items()})
    return scores


def _share_patients(db) -> None:
    """The archive names no patients: each five images in a row of a split become one's."""
    from sqlalchemy import select

    from db.tables import Image

    with db.transaction() as session:
        rows = list(session.scalars(select(Image).order_by(Image.id)))
        owners = [row.patient_id for row in rows]
        places = {}
        for at, row in enumerate(rows):
            split = row.item.split("/")[0]
            number = places[split] = places.get(split, -1) + 1
            row.patient_id = owners[at - number % PER_PATIENT]


def _predictions(db, snapshot: int, scores: np.ndarray, file: Path) -> Path:
    from sqlalchemy import select

    from db.tables import Case, Image, SnapshotCase
    from db.vocabulary import Split

    statement = (
        select(Image.sha256, Image.item)
        .join(Case, Case.image_id == Image.id)
        .join(SnapshotCase, SnapshotCase.case_id == Case.id)
        .where(SnapshotCase.snapshot_id == snapshot, SnapshotCase.split == Split.VAL)
    )
    with db.read() as session, file.open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["image", "item", "score"])
        for sha256, item in session.execute(statement):
            writer.writerow([sha256, item, repr(float(scores[int(item.split("/")[1])]))])
    return file
