"""Where a run looked on a case: computed on demand, filed by checkpoint, image, method, class and layer."""

from pathlib import Path

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.errors import InvalidInput, NotFound
from core.explain import EXPLAINERS, offered
from core.services.datasets import training_examples
from core.services.predictions import predictions
from core.services.saliency import compute, store
from core.services.saliency.store import MapKey, MapView, view
from core.services.training import runs
from core.settings import Settings
from db import Database
from db.tables import Case, Image, Series, SnapshotCase


def methods(run: runs.RunView) -> list[tuple[str, str]]:
    """What can explain a run's model: (name, title), the usual one first; [] where it was made elsewhere."""
    if run.external_source is not None:
        return []
    return [(name, EXPLAINERS[name].title) for name in offered(run.spec.model, run.kind.value)]


def layers(db: Database, settings: Settings, run_id: int, method: str) -> dict[str, str]:
    """The layers that a method can be asked to read: (name, title), from the input on.

    {} where it reads none, and until the run's first map has been made: no network is loaded to name its layers.

    Raises:
        NotFound: no such run, or it has no checkpoint.
    """
    found = store.layers_of(settings, predictions.checkpoint(db, run_id)) or {}
    return dict(found.get(EXPLAINERS[method].layers, {})) if method in EXPLAINERS else {}


def explain(
    db: Database,
    settings: Settings,
    *,
    run_id: int,
    image_id: int,
    method: str = "",
    class_index: int | None = None,
    layer: str = "",
) -> MapView:
    """The map of one image by a run's best checkpoint; by default of the class it gives most to, and the usual layer.

    Raises:
        NotFound: no such run, no checkpoint, or the image is not in the run's snapshot.
        InvalidInput: a method that does not suit the model, or a class or layer that it does not have.
    """
    run, asked, image, case = _resolve(db, run_id, image_id, method, class_index, layer)
    path = asked.path(settings, image)
    if not path.exists():
        _compute(db, settings, run, case, image_id, asked)
    return _view(path, asked, run)


def cached_map(
    db: Database,
    settings: Settings,
    *,
    run_id: int,
    image_id: int,
    method: str = "",
    class_index: int | None = None,
    layer: str = "",
) -> MapView | None:
    """The same map if it was computed already: nothing is computed here.

    Raises what `explain` does.
    """
    run, asked, image, _ = _resolve(db, run_id, image_id, method, class_index, layer)
    path = asked.path(settings, image)
    return _view(path, asked, run) if path.exists() else None


def pictures(db: Database, run: runs.RunView, case_id: int) -> tuple[int, ...]:
    """The ids of all images of a case as it was frozen for a run, a series' in their order.

    Raises:
        NotFound: the case is not in its snapshot.
    """
    with db.read() as session:
        frozen = session.get(SnapshotCase, (run.snapshot_id, case_id))
        if frozen is None:
            raise NotFound(f"Case {case_id} is not in snapshot '{run.snapshot}' of run {run.id}; choose one that is.")
        return tuple(frozen.images or [session.get_one(Case, case_id).image_id])


def target_names(run: runs.RunView) -> tuple[str, ...]:
    """What a map can be of: the run's classes or findings; of a number the one thing there is."""
    return run.titles or (run.task,)


def map_key(run: runs.RunView, checkpoint: str, method: str, class_index: int | None, layer: str) -> MapKey:
    """The question, once the run's model can be asked it.

    Raises:
        InvalidInput: predictions made elsewhere, a method that does not suit, or a class that is not there.
    """
    runs.need_model(run, "choose a run that was trained here")
    suited = offered(run.spec.model, run.kind.value)
    if (method or suited[0]) not in suited:
        raise InvalidInput(f"'{method}' cannot explain a {run.spec.model}; what can is: {', '.join(suited)}.")
    if class_index is not None and not 0 <= class_index < len(target_names(run)):
        raise InvalidInput(f"Class {class_index} is not one of the run's {len(target_names(run))} classes.")
    return MapKey(checkpoint, method or suited[0], class_index, layer)


def _view(path: Path, asked: MapKey, run: runs.RunView) -> MapView:
    return view(path, EXPLAINERS[asked.method], target_names(run))


def _resolve(
    db: Database, run_id: int, image_id: int, method: str, class_index: int | None, layer: str
) -> tuple[runs.RunView, MapKey, Image, int]:
    """The run, the question, the image, and its frozen case."""
    run = runs.get(db, run_id)
    checkpoint = "" if run.external_source is not None else predictions.checkpoint(db, run_id)
    asked = map_key(run, checkpoint, method, class_index, layer)
    with db.read() as session:
        image = session.get(Image, image_id)
        case = None if image is None else _case(session, run.snapshot_id, image)
    if image is None or case is None:
        raise NotFound(f"Image {image_id} is not in snapshot '{run.snapshot}' of run {run_id}; choose one that is.")
    return run, asked, image, case


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


def _compute(db: Database, settings: Settings, run: runs.RunView, case: int, image_id: int, asked: MapKey) -> None:
    """The map of that image, and in the same pass those of the case's other pictures, which a reader scrolls to."""
    (example,) = training_examples.examples_of(db, settings, run.snapshot_id, only=[case])
    model = compute.load_model_cached(runs.folder(settings, run.id), asked.checkpoint)
    found = compute.compute_map(model, example, image_id, asked)
    with db.read() as session:
        images = {int(one.image): session.get_one(Image, int(one.image)) for one in example.images}
    compute.store_maps(settings, model, example, image_id, asked, found, images)
