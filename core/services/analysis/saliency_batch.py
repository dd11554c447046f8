"""Maps of a whole split, filed as those of single cases are, so that every case of it opens at once: a job's work."""

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
WHAT = "Making maps"


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far it is: cases that have their map, of how many; `made` of them just now, the others had it already."""

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
    """File the map of every case of a split (or "all") by a run's best weights; says how far it is after each batch.

    By default the usual method, of each case the class that the model gives most to, and the usual layer: what the
    page of a case opens with. Stop iterating to end it: what is filed stays, and is not made again.

    Raises:
        NotFound: the run has no checkpoint.
        InvalidInput: no such split, a method that does not suit, a class or layer that the model has not.
    """
    if split not in (*(one.value for one in Split), "all"):
        raise InvalidInput(f"There is no split '{split}'; choose train, val, test or all.")
    asked = maps.map_key(run, predictions.checkpoint(db, run.id), method, class_index, layer)
    found = training_examples.examples_of(db, settings, run.snapshot_id, split=None if split == "all" else split)
    images = _images(db, found)
    missing = [one for one in found if not asked.path(settings, images[int(one.picture.image)]).exists()]
    there = len(found) - len(missing)
    yield BatchProgress(there, len(found), 0)
    model = model or compute.load_model_cached(runs.folder(settings, run.id), asked.checkpoint)
    for made in _made(settings, model, missing, asked, images):
        yield BatchProgress(there + made, len(found), made)


def analyze(work: AnalysisContext) -> Json:
    """The examination "maps": `split` (test), `method` (the usual one), `class` (by position) and `layer`."""
    split = work.choice("split", ("test", "val", "train", "all"))
    shown = work.number("class", -1, low=-1, high=max(0, len(maps.target_names(work.run)) - 1))
    method, layer = str(work.asked.get("method", "")), str(work.asked.get("layer", ""))
    told = BatchProgress(0, 0, 0)
    for told in compute_maps(
        work.db,
        work.settings,
        work.run,
        split,
        method,
        layer=layer,
        model=work.model(),
        class_index=None if shown < 0 else shown,
    ):
        work.tell(told.done, told.of, WHAT)
    return {
        "split": split,
        "method": method or maps.methods(work.run)[0][0],
        "class": shown,
        "layer": layer,
        "cases": told.of,
        "made": told.made,
    }


def _made(
    settings: Settings, model: "LoadedModel", missing: "Sequence[Example]", asked: MapKey, images: dict[int, Image]
) -> Iterator[int]:
    """How many are made, after each batch; Grad-CAM of models of one picture by the fast path, the rest one by one."""
    if asked.method == gradcam.NAME and MODELS[model.manifest.model].takes == "image":
        yield from _quickly(settings, model, missing, asked, images)
        return
    for number, example in enumerate(missing, start=1):
        image = int(example.picture.image)
        made = compute.compute_map(model, example, None, asked)
        compute.store_maps(settings, model, example, image, asked, made, images)
        yield number


def _quickly(
    settings: Settings, model: "LoadedModel", missing: "Sequence[Example]", asked: MapKey, images: dict[int, Image]
) -> Iterator[int]:
    done, cache = 0, settings.folder("cache")
    going = zip(
        missing,
        gradcam_batch.gradcam_dataset(
            model, missing, asked.class_index, layer=asked.layer, batch_size=AT_ONCE, cache=cache
        ),
        strict=True,
    )
    while some := list(islice(going, AT_ONCE)):
        for example, found in some:
            about = {
                "class": str(found.class_index),
                "probability": repr(found.probability),
                "layer": compute.layer_title(settings, model, asked, found.layer),
            }
            write(asked.path(settings, images[int(example.picture.image)]), found.values, about)
        done += len(some)
        yield done


def _images(db: Database, found: "Sequence[Example]") -> dict[int, Image]:
    wanted = sorted({int(plane.image) for one in found for plane in one.images})
    with db.read() as session:
        return {
            row.id: row
            for ids in queries.chunks(wanted)
            for row in session.scalars(select(Image).where(Image.id.in_(ids)))
        }
