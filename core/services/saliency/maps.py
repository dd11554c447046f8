"""Explain a run's predictions by saliency maps: computed on demand, stored by checkpoint, image and settings."""

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
from db import Database, queries
from db.tables import Case, Image, Series, SnapshotCase


def methods(run: runs.RunView) -> list[tuple[str, str]]:
    """Return the methods for a run's model as (name, title), the default first; [] for external predictions."""
    if run.external_source is not None:
        return []
    return [(name, EXPLAINERS[name].title) for name in offered(run.spec.model, run.kind.value)]


def layers(db: Database, settings: Settings, run_id: int, method: str) -> dict[str, str]:
    """Return the layers that a method can use, title by name, from the input on.

    {} if the method uses none, and before the run's first map: no network is loaded just to list its layers.

    Raises:
        NotFound: no such run, or it has no checkpoint.
    """
    by_kind = store.layers_of(settings, predictions.checkpoint(db, run_id)) or {}
    return dict(by_kind.get(EXPLAINERS[method].layers, {})) if method in EXPLAINERS else {}


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
    """Return the map of one image by a run's best checkpoint; by default of the most probable class and default layer.

    Raises:
        NotFound: no such run, no checkpoint, or the image is not in the run's snapshot.
        InvalidInput: a method, class or layer that the model does not have.
    """
    run, key, image, case = _resolve(db, run_id, image_id, method, class_index, layer)
    path = key.path(settings, image)
    if not path.exists():
        _compute(db, settings, run, case, image_id, key)
    return _view(path, key, run)


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
    """Return the map that `explain` would return if it is stored already, else None; nothing is computed.

    Raises:
        NotFound: as `explain`.
        InvalidInput: as `explain`.
    """
    run, key, image, _ = _resolve(db, run_id, image_id, method, class_index, layer)
    path = key.path(settings, image)
    return _view(path, key, run) if path.exists() else None


def pictures(db: Database, run: runs.RunView, case_id: int) -> tuple[int, ...]:
    """Return the ids of all images of a case as it was frozen for a run, a series in its order.

    Raises:
        NotFound: the case is not in the run's snapshot.
    """
    with db.read() as session:
        frozen = session.get(SnapshotCase, (run.snapshot_id, case_id))
        if frozen is None:
            raise NotFound(
                f"Case {case_id} is not in snapshot '{run.snapshot}' of run {run.id}; choose a case of that snapshot."
            )
        return tuple(frozen.images or [session.get_one(Case, case_id).image_id])


def target_names(run: runs.RunView) -> tuple[str, ...]:
    """Return the possible targets of a map: the run's classes or findings, or the number's task."""
    return run.titles or (run.task,)


def map_key(run: runs.RunView, checkpoint: str, method: str, class_index: int | None, layer: str) -> MapKey:
    """Return the key of a map, after checking that the run's model supports it.

    Raises:
        InvalidInput: external predictions, a method that does not fit, or an unknown class.
    """
    runs.need_model(run, "choose a run that was trained here")
    supported = offered(run.spec.model, run.kind.value)
    if (method or supported[0]) not in supported:
        raise InvalidInput(f"'{method}' cannot explain a {run.spec.model}; choose one of {', '.join(supported)}.")
    if class_index is not None and not 0 <= class_index < len(target_names(run)):
        raise InvalidInput(f"Class {class_index} is not one of the run's {len(target_names(run))} classes.")
    return MapKey(checkpoint, method or supported[0], class_index, layer)


def _view(path: Path, key: MapKey, run: runs.RunView) -> MapView:
    return view(path, EXPLAINERS[key.method], target_names(run))


def _resolve(
    db: Database, run_id: int, image_id: int, method: str, class_index: int | None, layer: str
) -> tuple[runs.RunView, MapKey, Image, int]:
    """Return the run, the map's key, the image, and its frozen case."""
    run = runs.get(db, run_id)
    checkpoint = "" if run.external_source is not None else predictions.checkpoint(db, run_id)
    key = map_key(run, checkpoint, method, class_index, layer)
    with db.read() as session:
        image = session.get(Image, image_id)
        case = None if image is None else _case(session, run.snapshot_id, image)
    if image is None or case is None:
        raise NotFound(
            f"Image {image_id} is not in snapshot '{run.snapshot}' of run {run_id}; choose an image of that snapshot."
        )
    return run, key, image, case


def _case(session: Session, snapshot_id: int, image: Image) -> int | None:
    """Return the frozen case that contains an image: a case of the image, its series or its study."""
    study = select(Series.study_id).where(Series.id == image.series_id).scalar_subquery()
    stacks = queries.stacks_of_series(session, image.series_id or 0)  # a frozen series may have been cut since
    joined = (
        select(SnapshotCase, Case)
        .join(Case, Case.id == SnapshotCase.case_id)
        .where(SnapshotCase.snapshot_id == snapshot_id)
        .where(or_(Case.image_id == image.id, Case.series_id.in_(stacks), Case.study_id == study))
    )
    for frozen, case in session.execute(joined):
        if image.id in (frozen.images or [case.image_id]):
            return case.id
    return None


def _compute(db: Database, settings: Settings, run: runs.RunView, case: int, image_id: int, key: MapKey) -> None:
    """Compute the map of an image, and in the same pass those of the case's other images, to which a reader scrolls."""
    (example,) = training_examples.examples_of(db, settings, run.snapshot_id, only=[case])
    model = compute.load_model_cached(runs.folder(settings, run.id), key.checkpoint)
    saliency = compute.compute_map(model, example, image_id, key)
    with db.read() as session:
        images = {int(one.image): session.get_one(Image, int(one.image)) for one in example.images}
    compute.store_maps(settings, model, example, image_id, key, saliency, images)
