"""Where a run looked on a case: computed on demand, filed by checkpoint, image, method and class."""

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.errors import InvalidInput, NotFound
from core.services import examples, runs
from core.services.map_files import Asked, MapView, shares_of, titles_of, view, write
from core.settings import Settings
from db import Database
from db.tables import Case, Checkpoint, Image, Series, SnapshotCase
from db.vocabulary import CheckpointKind

if TYPE_CHECKING:
    from core.inference import LoadedModel
    from core.training.data import Example


def methods(db: Database, run_id: int) -> list[tuple[str, str]]:
    """What can explain a run's model: (name, title), the usual one first."""
    from core.explain import EXPLAINERS
    from core.models import MODELS

    run = runs.get(db, run_id)
    if run.outside is not None:
        return []
    entry = MODELS[run.spec.model]
    return [(name, EXPLAINERS[name].title) for name in entry.explainers]


def explain(
    db: Database, settings: Settings, *, run_id: int, image_id: int, method: str = "", class_index: int | None = None
) -> MapView:
    """The map of one image by a run's best checkpoint; by default of the class it gives most to.

    Raises:
        NotFound: no such run, no checkpoint, or the image is not in the run's snapshot.
        InvalidInput: a method that does not suit the model, or a class it does not have.
    """
    run, asked, image, case = _understood(db, run_id, image_id, method, class_index)
    path = asked.path(settings, image)
    if not path.exists():
        _compute(db, settings, run, case, image_id, asked)
    return view(path, asked.method, _names(run))


def filed(db: Database, settings: Settings, *, run_id: int, image_id: int, method: str = "") -> MapView | None:
    """The same map if it was computed already: nothing is computed here.

    Raises what `explain` does.
    """
    run, asked, image, _ = _understood(db, run_id, image_id, method, None)
    path = asked.path(settings, image)
    return view(path, asked.method, _names(run)) if path.exists() else None


def _understood(
    db: Database, run_id: int, image_id: int, method: str, class_index: int | None
) -> tuple[runs.RunView, Asked, Image, int]:
    """The run, the question, the image, and its frozen case."""
    run = runs.get(db, run_id)
    runs.need_model(run, "there are no maps of it; choose a run that was trained here")
    suited = [name for name, _ in methods(db, run_id)]
    method = method or suited[0]
    if method not in suited:
        raise InvalidInput(f"'{method}' cannot explain a {run.spec.model}; what can is: {', '.join(suited)}.")
    if class_index is not None and not 0 <= class_index < len(_names(run)):
        raise InvalidInput(f"Class {class_index} is not one of the run's {len(_names(run))} classes.")
    checkpoint = _checkpoint(db, run_id)
    with db.read() as session:
        image = session.get(Image, image_id)
        case = None if image is None else _case(session, run.snapshot_id, image)
    if image is None or case is None:
        raise NotFound(f"Image {image_id} is not in snapshot '{run.snapshot}' of run {run_id}; choose one that is.")
    return run, Asked(checkpoint, method, class_index), image, case


def _names(run: runs.RunView) -> tuple[str, ...]:
    return run.titles or (run.task,)  # of a number there is one thing to explain


def pictures(db: Database, run_id: int, case_id: int) -> tuple[int, ...]:
    """The ids of all images of a case as it was frozen for a run, a series' in their order.

    Raises:
        NotFound: no such run, or the case is not in its snapshot.
    """
    run = runs.get(db, run_id)
    with db.read() as session:
        frozen = session.get(SnapshotCase, (run.snapshot_id, case_id))
        if frozen is None:
            raise NotFound(f"Case {case_id} is not in snapshot '{run.snapshot}' of run {run_id}; choose one that is.")
        return tuple(frozen.images or [session.get_one(Case, case_id).image_id])


def _case(session: Session, snapshot_id: int, image: Image) -> int | None:
    """The frozen case that has that picture: one about it, or about its series or study."""
    study = select(Series.study_id).where(Series.id == image.series_id).scalar_subquery()
    joined = (
        select(SnapshotCase, Case)
        .join(Case, Case.id == SnapshotCase.case_id)
        .where(SnapshotCase.snapshot_id == snapshot_id)
        .where(or_(Case.image_id == image.id, Case.series_id == image.series_id, Case.study_id == study))
    )
    for frozen, case in session.execute(joined):
        if image.id in (frozen.images or [case.image_id]):
            return case.id
    return None


def _checkpoint(db: Database, run_id: int) -> str:
    with db.read() as session:
        row = session.get(Checkpoint, (run_id, CheckpointKind.BEST))
    if row is None:
        raise NotFound(f"Run {run_id} has no checkpoint yet; wait for its first epoch, or look at its log.")
    return row.sha256


def _compute(
    db: Database, settings: Settings, run: runs.RunView, case: int, image_id: int, asked: Asked
) -> None:  # fmt: skip
    """The map of that image, and in the same pass those of the case's other pictures, which a reader scrolls to."""
    from core.explain import EXPLAINERS
    from core.inference import FREE, seen_by
    from core.models import MODELS
    from core.training import devices

    example = next(one for one in examples.every(db, settings, run.snapshot_id) if one.key == str(case))
    model = _loaded(runs.folder(settings, run.id), asked.checkpoint)
    seen, takes = seen_by(model.manifest, [example])[0], MODELS[run.spec.model].takes
    plane = _plane(example, seen, str(image_id), takes=takes)
    with devices.memory_for(f"a map by a {run.spec.model}", FREE):
        found = EXPLAINERS[asked.method].explain(model, example, asked.class_index, plane)
    titles = titles_of(example, seen, takes=takes)
    counted = shares_of(titles, found.plane_weights)
    shown = {one.image for one in example.planes} if found.every else {str(image_id)}
    with db.read() as session:
        for image in sorted(shown):
            try:
                at = _plane(example, seen, image, takes=takes)
            except InvalidInput:
                continue  # of a bag or of two views: one that the model did not see
            values = found.every[at] if found.every else found.values
            about = {"class": str(found.class_index), "probability": repr(found.probability)}
            if found.every:
                about |= {"picture": titles[at], "counted": json.dumps(counted)}
            write(asked.path(settings, session.get_one(Image, int(image))), values, about)


def _plane(example: "Example", seen: "Example", image: str, *, takes: str) -> int:
    """Which of the pictures that a model sees is that image, of a stack the nearest slice that it sees.

    Raises:
        InvalidInput: the model does not look at that picture.
    """
    if len(example.planes) == 1:
        return len(seen.planes) // 2  # its frames, of which the middle one is shown
    order, shown = [one.image for one in example.planes], [one.image for one in seen.planes]
    if image in shown:
        return shown.index(image)
    if takes != "stack":
        raise InvalidInput(f"The model did not look at this picture of the case (image {image}); open one that it saw.")
    return min(range(len(shown)), key=lambda at: abs(order.index(shown[at]) - order.index(image)))


@lru_cache(maxsize=2)
def _loaded(folder: Path, _checkpoint_sha256: str) -> "LoadedModel":
    """By content, so that a resumed run is loaded anew; read-only once loaded."""
    from core.inference import load

    return load(folder)
