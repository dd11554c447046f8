"""The saliency check of a model: whether its maps depend on what it learned, and whether they point where they should.

Adebayo et al. 2018 (weights drawn anew), Arun et al. 2021 (against random pairs of maps), Petsiuk et al. 2018
(deletion, insertion), Zhang et al. 2018 (pointing game). No map should be shown without it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.explain.saliency_map import SaliencyMap
from core.explain.sanity.burned_in_text import of_marks
from core.explain.sanity.localization import faithfulness_report, localization_report
from core.explain.sanity.model_skill import ModelSkill, model_skill
from core.explain.sanity.pointing_game import pointing_game
from core.explain.sanity.randomization import (
    CheckedCase,
    Explain,
    Json,
    Steps,
    Tell,
    class_sensitivity_test,
    model_randomization_test,
)

if TYPE_CHECKING:
    from core.inference import LoadedModel
    from core.training.examples import Example

__all__ = ["AGAIN", "CheckedCase", "check"]
AGAIN = 10  # networks with weights drawn by chance; five at least


def check(
    model: "LoadedModel",
    cases: Sequence[CheckedCase],
    judged: "Sequence[Example]",
    explain: Explain,
    *,
    tell: Tell,
    classes: Sequence[str],
    again: int = AGAIN,
    seed: int = 0,
) -> Json:
    """Plain values in parts, each with its sentence; `banner` is "" where nothing is wrong.

    Maps are made of `cases`; on the answers to `judged` (more of them, none that it learned from) the model has to be
    better than weights drawn by chance. `classes` are what people call the answers; `tell(done, of, doing)` may raise
    to stop.
    """
    steps = Steps(tell, again + 7)
    steps.next("Computing maps")
    maps = [explain(model, one.example, None) for one in cases]
    weights = model_randomization_test(model, cases, maps, explain, steps, again, seed)
    steps.next("Comparing predictions with random weights")
    skill = model_skill(model, judged)
    steps.next("Comparing classes")
    others = class_sensitivity_test(model, cases, maps, explain)
    steps.next("Deleting highlighted regions")
    taken = faithfulness_report(model, cases, maps, seed)
    steps.next("Measuring heat outside the body")
    where = localization_report(model, cases, maps)
    steps.next("Detecting text and markers")
    marks = of_marks(model, judged, explain, classes)
    drawn = [(saliency.values, one.drawn) for saliency, one in zip(maps, cases, strict=True) if one.drawn is not None]
    pointed = pointing_game([values for values, _ in drawn], [mask for _, mask in drawn], seed=seed).to_json()
    return {
        "cases": len(cases),
        "weights": weights,
        "answers": skill.to_json(),
        "classes": others,
        "taken": taken,
        "where": where,
        "marks": marks,
        "hits": pointed,
        "banner": _banner(weights, skill, maps),
    }


def _banner(weights: Json, skill: ModelSkill, maps: Sequence[SaliencyMap]) -> str:
    if not any(one.values.max() > 0 for one in maps):
        return "Every map of this run is empty: the method finds no evidence for the predicted class."
    if weights["depends"] is False:
        return f"Do not interpret the maps of this run. {weights['words']}"
    if skill.knows is False:
        return f"Do not interpret the maps of this run. {skill.words}"
    return ""
