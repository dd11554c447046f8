"""Compute the saliency maps of a whole split as a job, stored like those of single cases."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.errors import InvalidInput
from core.explain.methods import gradcam
from core.lazy_modules import LazyModule
from core.models import MODELS
from core.services.analysis.analysis import AnalysisContext, Json
from core.services.datasets import training_examples
from core.services.predictions import predictions
from core.services.saliency import compute, maps
from core.services.saliency.store import MapKey, write
from core.services.training import runs
from core.settings import Settings
from db import Database, queries
from db.tables import Image
from db.vocabulary import Split

if TYPE_CHECKING:
    from core.explain.methods import gradcam_batch
    from core.inference import LoadedModel
    from core.training.examples import Example
else:
    gradcam_batch = LazyModule("core.explain.methods.gradcam_batch")

AT_ONCE = 16
WHAT = "Computing maps"


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """Progress: `done` of `of` cases have a map; `made` of them were computed now, the others had one already."""

    done: int
    of: int
    made: int


def compute_maps(
    db: Database,
    settings: Settings,
    run: runs.RunView,
    split: str,
    method: str = "",
    *,
    class_index: int | None = None,
    layer: str = "",
    model: "LoadedModel | None" = None,
) -> Iterator[BatchProgress]:
    """Store the map of every case of a split (or "all") by a run's best weights; yield progress after each batch.

    By default with the default method and layer and each case's most probable class, as a case's page shows. Stop
    iterating to cancel: stored maps stay and are not computed again.

    Raises:
        NotFound: the run has no checkpoint.
        InvalidInput: no such split, or a method, class or layer that the model does not have.
    """
    if split not in (*(one.value for one in Split), "all"):
        raise InvalidInput(f"There is no split '{split}'; choose train, val, test or all.")
    key = maps.map_key(run, predictions.checkpoint(db, run.id), method, class_index, layer)
    examples = training_examples.examples_of(db, settings, run.snapshot_id, split=None if split == "all" else split)
    images = _images(db, examples)
    missing = [one for one in examples if not key.path(settings, images[int(one.picture.image)]).exists()]
    stored = len(examples) - len(missing)
    yield BatchProgress(stored, len(examples), 0)
    model = model or compute.load_model_cached(runs.folder(settings, run.id), key.checkpoint)
    for count in _compute_missing(settings, model, missing, key, images):
        yield BatchProgress(stored + count, len(examples), count)


def analyze(work: AnalysisContext) -> Json:
    """Run the analysis "maps"; settings: `split` (test), `method` (the default one), `class` (position), `layer`."""
    split = work.choice("split", ("test", "val", "train", "all"))
    shown = work.number("class", -1, low=-1, high=max(0, len(maps.target_names(work.run)) - 1))
    method, layer = str(work.parameters.get("method", "")), str(work.parameters.get("layer", ""))
    progress = BatchProgress(0, 0, 0)
    for progress in compute_maps(
        work.db,
        work.settings,
        work.run,
        split,
        method,
        layer=layer,
        model=work.model(),
        class_index=None if shown < 0 else shown,
    ):
        work.report_progress(progress.done, progress.of, WHAT)
    return {
        "split": split,
        "method": method or maps.methods(work.run)[0][0],
        "class": shown,
        "layer": layer,
        "cases": progress.of,
        "made": progress.made,
    }


def _compute_missing(
    settings: Settings, model: "LoadedModel", missing: "Sequence[Example]", key: MapKey, images: dict[int, Image]
) -> Iterator[int]:
    """Yield the number of maps done after each batch; Grad-CAM of single-image models by the fast path."""
    if key.method == gradcam.NAME and MODELS[model.manifest.model].takes == "image":
        yield from _gradcam_in_batches(settings, model, missing, key, images)
        return
    for number, example in enumerate(missing, start=1):
        image = int(example.picture.image)
        saliency = compute.compute_map(model, example, None, key)
        compute.store_maps(settings, model, example, image, key, saliency, images)
        yield number


def _gradcam_in_batches(
    settings: Settings, model: "LoadedModel", missing: "Sequence[Example]", key: MapKey, images: dict[int, Image]
) -> Iterator[int]:
    done, cache = 0, settings.folder("cache")
    pairs = zip(
        missing,
        gradcam_batch.gradcam_dataset(
            model, missing, key.class_index, layer=key.layer, batch_size=AT_ONCE, cache=cache
        ),
        strict=True,
    )
    while batch := list(islice(pairs, AT_ONCE)):
        for example, saliency in batch:
            about = {
                "class": str(saliency.class_index),
                "probability": repr(saliency.probability),
                "layer": compute.layer_title(settings, model, key, saliency.layer),
            }
            write(key.path(settings, images[int(example.picture.image)]), saliency.values, about)
        done += len(batch)
        yield done


def _images(db: Database, examples: "Sequence[Example]") -> dict[int, Image]:
    image_ids = sorted({int(plane.image) for one in examples for plane in one.images})
    with db.read() as session:
        return {
            row.id: row
            for ids in queries.chunks(image_ids)
            for row in session.scalars(select(Image).where(Image.id.in_(ids)))
        }
