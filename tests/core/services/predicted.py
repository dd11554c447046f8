"""Runs with predictions, written as rows: no model need be trained to count what one said."""

import hashlib
from dataclasses import dataclass

import numpy as np

from core.training.spec import TrainSpec
from db import Database, queries
from db.tables import Case, Fact, Image, LabelClass, Patient, Prediction, Run, Snapshot, SnapshotCase, Task
from db.vocabulary import Split, TaskKind

FORMAT = {"rows": 48, "columns": 64, "frames": 1, "channels": 1, "dtype": "uint8", "bits": 8}
FORMAT |= {"photometric": "MONOCHROME2", "slope": 1.0, "intercept": 0.0, "low": 0, "high": 255}
FORMAT |= {"window_center": 128.0, "window_width": 256.0}
SPLITS = (Split.TRAIN, Split.VAL, Split.TEST)


@dataclass(frozen=True)
class Drawn:
    """What was written: ids of task, snapshot, run, and of the cases in their order."""

    task: int
    snapshot: int
    run: int
    cases: tuple[int, ...]


def draw(
    db: Database,
    kind: TaskKind = TaskKind.SINGLE,
    classes: tuple[str, ...] = ("well", "ill"),
    *,
    patients: int = 60,
    each: int = 3,
    seed: int = 0,
    name: str = "one",
    unknown: float = 0.2,
) -> Drawn:
    """A task with a frozen dataset, a third of the patients in each split, and one run that predicted all of it."""
    rng = np.random.default_rng(seed)
    with db.transaction() as session:
        project = queries.project_id(session)
        task = Task(project_id=project, name=f"{name} {kind}", kind=kind, question="")
        session.add(task)
        session.flush()
        session.add_all(LabelClass(task_id=task.id, position=at, name=one) for at, one in enumerate(classes))
        owners = [Patient(project_id=project, pseudonym=f"P-{name}-{one:04}") for one in range(patients)]
        session.add_all(owners)
        session.flush()
        images = [_image(project, owner.id, f"{name}-{owner.id}-{one}") for owner in owners for one in range(each)]
        session.add_all(images)
        session.flush()
        cases = [Case(task_id=task.id, image_id=image.id) for image in images]
        session.add_all(cases)
        snapshot = Snapshot(
            task_id=task.id,
            kind=kind,
            name=name,
            hash=f"hash of {name}",
            recipe={},
            summary={},
            classes=[] if kind is TaskKind.NUMBER else [[one, one.title()] for one in classes],
            reader_id=queries.reader_id(session, "tester"),
        )
        session.add(snapshot)
        session.flush()
        session.add_all(_facts(rng, images))
        targets = [_target(rng, kind, len(classes), unknown) for _ in cases]
        split = {owner.id: SPLITS[at % 3] for at, owner in enumerate(owners)}
        session.add_all(
            SnapshotCase(
                snapshot_id=snapshot.id,
                case_id=case.id,
                patient_id=image.patient_id,
                targets=target,
                label=int(target[0]) if kind in (TaskKind.SINGLE, TaskKind.ORDINAL) else 0,
                split=split[image.patient_id],
            )
            for case, image, target in zip(cases, images, targets, strict=True)
        )
        session.flush()
        drawn = Drawn(task.id, snapshot.id, 0, tuple(case.id for case in cases))
    return Drawn(task.id, snapshot.id, another(db, drawn, seed=seed), drawn.cases)


def another(db: Database, drawn: Drawn, *, seed: int, skill: float = 1.0, splits: tuple[Split, ...] = SPLITS) -> int:
    """One more run on the same dataset, which predicted these splits; its id."""
    rng = np.random.default_rng(seed + 1000)
    with db.transaction() as session:
        run = Run(
            snapshot_id=drawn.snapshot,
            reader_id=queries.reader_id(session, "tester"),
            spec=TrainSpec().to_json(),
            request_key=f"run {drawn.snapshot} {seed} {skill}",
        )
        session.add(run)
        session.flush()
        snapshot = session.get_one(Snapshot, drawn.snapshot)
        rows = session.query(SnapshotCase).filter(SnapshotCase.snapshot_id == drawn.snapshot)
        for row in rows.order_by(SnapshotCase.case_id):
            message = _scores(rng, snapshot.kind, row.targets or [], len(snapshot.classes), skill)
            if row.split in splits:
                session.add(
                    Prediction(
                        run_id=run.id,
                        case_id=row.case_id,
                        split=row.split,
                        label=row.label,
                        probabilities=message,
                        checkpoint_sha256="c",
                    )
                )
        return run.id


def _image(project: int, patient: int, name: str) -> Image:
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    return Image(
        project_id=project,
        patient_id=patient,
        sha256=sha256,
        name=f"{name}.png",
        name_key=name,
        importer="picture",
        format=FORMAT,
        pixel_sha256=name,
    )


def _facts(rng: np.random.Generator, images: list[Image]) -> list[Fact]:
    facts = []
    for at, image in enumerate(images):
        result = {"site": "north" if rng.random() < 0.5 else "south", "sex": "FM"[at % 2], "row": str(at)}
        if at % 5:
            result["age"] = str(int(rng.integers(20, 90)))
        facts += [Fact(image_id=image.id, name=name, value=value) for name, value in result.items()]
    return facts


def _target(rng: np.random.Generator, kind: TaskKind, classes: int, unknown: float) -> list[float | None]:
    if kind is TaskKind.NUMBER:
        return [float(rng.normal(50, 12))]
    if kind is TaskKind.MULTI:
        return [None if rng.random() < unknown else float(rng.random() < 0.4) for _ in range(classes)]
    return [int(rng.integers(classes))]


def _scores(
    rng: np.random.Generator, kind: TaskKind, targets: list[float | None], classes: int, skill: float
) -> list[float]:
    if kind is TaskKind.NUMBER:
        return [float((targets[0] or 0.0) + rng.normal(0, 6))]
    if kind is TaskKind.MULTI:
        odds = np.array([rng.normal(0.0 if one is None else skill * (2 * one - 1)) for one in targets])
        return (1 / (1 + np.exp(-odds))).tolist()
    odds = rng.normal(0, 1, classes)
    odds[int(targets[0] or 0)] += skill * 1.5
    shares = np.exp(odds) / np.exp(odds).sum()
    return shares.tolist() if classes > 2 else [float(1 - shares[1]), float(shares[1])]
