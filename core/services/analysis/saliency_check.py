"""Run the saliency check of a run: choose its cases with the readers' drawings on them, and judge the result."""

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

CASES, DRAWN = 24, 40  # cases of any content, and further ones with a drawing
JUDGED, HEAVY = (200, 64), 0.5  # cases whose predictions are compared, fewer for a heavy network (see `gflops`)
PASSED = "they change with the model's weights, and the model predicts better than random weights"


@dataclass(frozen=True, slots=True)
class CheckVerdict:
    """The verdict of a check: `passed` True, False (maps get a banner) or None (inconclusive); `words` say why."""

    passed: bool | None
    words: str


def verdict(result: Json) -> CheckVerdict:
    """Judge a check's result: maps pass if they change with weights and class, and the model beats random weights."""
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


def brief(newest_check: AnalysisView | None) -> str:
    """Return the note beside each map of a method, given its newest check; "" if the check was passed."""
    if newest_check is None or newest_check.stale:
        return "method not checked"
    passed = verdict(newest_check.result).passed
    return "" if passed else "method failed the saliency check" if passed is False else "saliency check inconclusive"


def by_method(db: Database, run_id: int) -> dict[str, AnalysisView]:
    """Return the newest check of each checked method, including stale ones."""
    newest: dict[str, AnalysisView] = {}
    for view in analysis.list_analyses(db, run_id, "check"):
        newest.setdefault(str(view.result["method"]), view)
    return newest


def analyze(work: AnalysisContext) -> Json:
    """Run the analysis "check"; settings: `method`, `cases` (6 to 200) and `again` (5 to 50).

    Raises:
        InvalidInput: no method explains the model, or the run has neither test nor validation cases.
    """
    offered = [name for name, _ in maps.methods(work.run)]
    if not offered:
        raise InvalidInput(
            f"No method explains a {work.run.spec.model}, so run {work.run.id} has no maps; choose another run."
        )
    method, model = work.choice("method", offered), work.model()
    examples = _unseen(work)
    chosen = balanced(examples, work.number("cases", CASES, low=6, high=200))
    drawn = _cases_with_drawings(work.db, [int(example.key) for example in examples])
    with_drawing = [example for example in examples if int(example.key) in drawn and example not in chosen][:DRAWN]
    cases = [
        check.CheckedCase(example, mask_of(work.db, example) if int(example.key) in drawn else None)
        for example in [*chosen, *with_drawing]
    ]
    judged = balanced(examples, JUDGED[MODELS[work.run.spec.model].gflops > HEAVY])

    def explain(loaded: "LoadedModel", example: "Example", class_index: int | None) -> "SaliencyMap":
        return explain_case(loaded, example, method=method, class_index=class_index)

    repetitions = work.number("again", check.AGAIN, low=5, high=50)
    return {
        "method": method,
        "title": EXPLAINERS[method].title,
        "split": chosen[0].split,
        **check.check(
            model,
            cases,
            judged,
            explain,
            tell=work.report_progress,
            again=repetitions,
            classes=maps.target_names(work.run),
        ),
    }


def balanced(examples: "Sequence[Example]", count: int) -> "list[Example]":
    """Return `count` random cases, balanced over the classes; the same ones each time."""
    order = np.random.default_rng(0).permutation(len(examples))
    rank: dict[float, int] = {}
    ranked = []
    for at in order.tolist():
        truth = examples[at].targets[0]
        rank[truth] = rank.get(truth, 0) + 1
        ranked.append((rank[truth], at))
    return [examples[at] for _, at in sorted(ranked, key=lambda pair: pair[0])[:count]]


def _unseen(work: AnalysisContext) -> "list[Example]":
    """Return cases that the model was not trained on: the test split, else validation."""
    for split in ("test", "val"):
        examples = training_examples.examples_of(work.db, work.settings, work.run.snapshot_id, split=split)
        if examples:
            return examples
    raise InvalidInput(
        f"Snapshot '{work.run.snapshot}' has neither test nor validation cases; freeze again with a share for them."
    )


def _cases_with_drawings(db: Database, cases: Sequence[int]) -> set[int]:
    """Return the cases with a drawing, including drawings erased since."""
    case_ids: set[int] = set()
    with db.read() as session:
        for ids in queries.chunks(sorted(cases)):
            case_ids |= set(session.scalars(select(Drawing.case_id).where(Drawing.case_id.in_(ids)).distinct()))
    return case_ids


def mask_of(db: Database, example: "Example") -> "NDArray[np.bool_] | None":
    """Return the mask of the current drawings on the case's image (rows, columns), points dilated; None if empty."""
    pixel_format = example.picture.format
    shown = example.picture.frame if example.picture.frame is not None else pixel_format.frames // 2
    drawn = np.zeros((pixel_format.rows, pixel_format.columns), np.bool_)
    for drawing in drawings.standing(db, int(example.key)):
        if str(drawing.image_id) != example.picture.image or drawing.frame != shown:
            continue
        geometry: dict[str, Any] = drawing.geometry
        region = mask(drawing.shape.value, geometry, pixel_format.rows, pixel_format.columns)
        drawn |= (
            grown(region, max(pixel_format.rows, pixel_format.columns) // 16)
            if drawing.shape is Shape.POINT
            else region
        )
    return drawn if drawn.any() else None
