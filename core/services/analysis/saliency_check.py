"""The saliency check of a run: which cases it looks at, what readers drew on them, and what it found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import select

from core.errors import InvalidInput
from core.explain import EXPLAINERS
from core.explain import explain as explain_case
from core.explain.sanity.randomization import SAME
from core.explain.sanity.regions import grown
from core.imaging.drawings.masks import mask
from core.lazy_modules import LazyModule
from core.models import MODELS
from core.services.analysis import analysis
from core.services.analysis.analysis import AnalysisContext, AnalysisView, Json
from core.services.annotation import drawings
from core.services.datasets import training_examples
from core.services.saliency import maps
from db import Database, queries
from db.tables import Drawing
from db.vocabulary import Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.explain.saliency_map import SaliencyMap
    from core.explain.sanity import check
    from core.inference import LoadedModel
    from core.training.examples import Example
else:
    check = LazyModule("core.explain.sanity.check")

CASES, DRAWN = 24, 40  # looked at whatever they show, and those with a drawing on top
JUDGED, HEAVY = (200, 64), 0.5  # cases whose answers are compared, fewer for a network of more work (see `gflops`)
PASSED = "they change with the model's weights, and the model answers better than weights drawn by chance"


@dataclass(frozen=True, slots=True)
class CheckVerdict:
    """What a check comes to: `passed` True, False (a banner stands over the maps) or None (open); `words` say why."""

    passed: bool | None
    words: str


def verdict(result: Json) -> CheckVerdict:
    """Of what a check found. Passed is only what changes with the weights and the class, of a model that knows."""
    if result["banner"]:
        return CheckVerdict(False, str(result["banner"]))
    weights, answers, classes = (result[name] for name in ("weights", "answers", "classes"))
    alike = classes["similarity"]["value"]
    parts = (
        (weights, weights.get("depends") is True),
        (answers, answers.get("knows") is True),
        (classes, alike is None or alike <= SAME),
    )
    doubts = [str(part["words"]) for part, fine in parts if not fine]
    return CheckVerdict(None, " ".join(doubts)) if doubts else CheckVerdict(True, f"{PASSED}.")


def brief(found: AnalysisView | None) -> str:
    """What stands by each map of a run's method, given its newest check: "" where that was passed."""
    if found is None or found.stale:
        return "its method was not checked"
    passed = verdict(found.result).passed
    return "" if passed else "its method failed the check" if passed is False else "its method did not pass the check"


def by_method(db: Database, run_id: int) -> dict[str, AnalysisView]:
    """The newest check of each method that was checked, stale ones too; a check says nothing of other methods."""
    found: dict[str, AnalysisView] = {}
    for one in analysis.list_analyses(db, run_id, "check"):
        found.setdefault(str(one.result["method"]), one)
    return found


def analyze(work: AnalysisContext) -> Json:
    """The examination "check"; `asked` may name `method`, `cases` (6 to 200) and `again` (5 to 50).

    Raises:
        InvalidInput: nothing explains the model, or the run has neither test nor validation cases.
    """
    offered = [name for name, _ in maps.methods(work.run)]
    if not offered:
        raise InvalidInput(f"Nothing can explain a {work.run.spec.model}, so run {work.run.id} has no maps to check.")
    method, model = work.choice("method", offered), work.model()
    every = _unseen(work)
    chosen = balanced(every, work.number("cases", CASES, low=6, high=200))
    drawn = _reader_masks(work.db, [int(one.key) for one in every])
    more = [one for one in every if int(one.key) in drawn and one not in chosen][:DRAWN]
    cases = [check.Case(one, mask_of(work.db, one) if int(one.key) in drawn else None) for one in [*chosen, *more]]
    judged = balanced(every, JUDGED[MODELS[work.run.spec.model].gflops > HEAVY])

    def explain(loaded: "LoadedModel", example: "Example", class_index: int | None) -> "SaliencyMap":
        return explain_case(loaded, example, method=method, class_index=class_index)

    again = work.number("again", check.AGAIN, low=5, high=50)
    return {
        "method": method,
        "title": EXPLAINERS[method].title,
        "split": chosen[0].split,
        **check.check(model, cases, judged, explain, tell=work.tell, again=again, classes=maps.target_names(work.run)),
    }


def balanced(every: "Sequence[Example]", count: int) -> "list[Example]":
    """So many cases by chance, of every class as many as there are; the same ones each time."""
    order = np.random.default_rng(0).permutation(len(every))
    place: dict[float, int] = {}
    keyed = []
    for at in order.tolist():
        truth = every[at].targets[0]
        place[truth] = place.get(truth, 0) + 1
        keyed.append((place[truth], at))
    return [every[at] for _, at in sorted(keyed, key=lambda one: one[0])[:count]]


def _unseen(work: AnalysisContext) -> "list[Example]":
    """Cases that the model did not learn from: of the test split, else of validation."""
    for split in ("test", "val"):
        found = training_examples.examples_of(work.db, work.settings, work.run.snapshot_id, split=split)
        if found:
            return found
    raise InvalidInput(
        f"Snapshot '{work.run.snapshot}' has neither test nor validation cases; freeze again with a share for them."
    )


def _reader_masks(db: Database, cases: Sequence[int]) -> set[int]:
    """Those of the cases on which something was drawn, be it erased since."""
    found: set[int] = set()
    with db.read() as session:
        for ids in queries.chunks(sorted(cases)):
            found |= set(session.scalars(select(Drawing.case_id).where(Drawing.case_id.in_(ids)).distinct()))
    return found


def mask_of(db: Database, example: "Example") -> "NDArray[np.bool_] | None":
    """What stands drawn on the case's own picture (rows, columns), a point with some room; None where nothing does."""
    form = example.picture.format
    shown = example.picture.frame if example.picture.frame is not None else form.frames // 2
    whole = np.zeros((form.rows, form.columns), np.bool_)
    for one in drawings.standing(db, int(example.key)):
        if str(one.image_id) != example.picture.image or one.frame != shown:
            continue
        geometry: dict[str, Any] = one.geometry
        own = mask(one.shape.value, geometry, form.rows, form.columns)
        whole |= grown(own, max(form.rows, form.columns) // 16) if one.shape is Shape.POINT else own
    return whole if whole.any() else None
