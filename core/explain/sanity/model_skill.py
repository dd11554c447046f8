"""Whether a model answers better than networks whose weights were drawn by chance: a map of one that does not is void.

A model with weights of chance is one more such draw, so among `AGAIN` of them it is the best in one of twenty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.explain.sanity.random_weights import randomize_all
from core.inference import iter_batches, predict_batch
from core.training.validation import metrics_by_head

if TYPE_CHECKING:
    from core.inference import LoadedModel
    from core.training.examples import Example
    from core.training.pixel_cache import Batch

AGAIN = 19
CLOSE = 0.02  # within so much of the best draw, what is given to the truth decides: where both rank (nearly) perfectly
NAMES = {"val_auroc": "AUROC", "val_r2": "R²"}


@dataclass(frozen=True, slots=True)
class ModelSkill:
    """The model's figure ("AUROC" or "R²") and those of the draws; None where the examined cases have one class.

    `given` is the mean probability that the model gives to the truth, `others` what the draws do.
    """

    name: str
    value: float | None
    draws: tuple[float, ...]
    cases: int
    given: float = 0.0
    others: tuple[float, ...] = ()

    @property
    def knows(self) -> bool | None:
        """Whether it does better than every draw; None where that cannot be told."""
        if self.value is None or not self.draws:
            return None
        surer = self.given > max(self.others, default=1.0)
        return self.value > max(self.draws) or (self.value >= max(self.draws) - CLOSE and surer)

    @property
    def words(self) -> str:
        """The verdict with its numbers."""
        if self.value is None or not self.draws:
            return "Whether the model is better than chance is unknown: all examined cases have one class."
        verdict = "The model performs better than" if self.knows else "The model performs no better than"
        given = (
            f", {self.given:.2f} mean probability of the true class against {max(self.others, default=0.0):.2f}"
            * bool(self.given)
        )
        return (
            f"{verdict} networks with random weights: {self.name} {self.value:.2f} against at most "
            f"{max(self.draws):.2f} of {len(self.draws)} on {self.cases} cases{given}."
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "name": self.name,
            "value": self.value,
            "draws": list(self.draws),
            "cases": self.cases,
            "given": self.given,
            "given_by_draws": list(self.others),
            "knows": self.knows,
            "words": self.words,
        }


def model_skill(model: "LoadedModel", examples: "Sequence[Example]", *, again: int = AGAIN) -> ModelSkill:
    """Of cases that the model should not have learned from."""
    batches = list(iter_batches(model, examples))
    name, value, given = _figure(model, batches, examples)
    if value is None:
        return ModelSkill(name, None, (), len(examples))
    drawn = [_figure(randomize_all(model, 1000 + number), batches, examples) for number in range(again)]
    return ModelSkill(
        name,
        value,
        tuple(one for _, one, _ in drawn if one is not None),
        len(examples),
        given,
        tuple(one for _, _, one in drawn),
    )


def _figure(
    model: "LoadedModel", batches: "Sequence[tuple[list[str], Batch]]", examples: "Sequence[Example]"
) -> tuple[str, float | None, float]:
    """The figure's name, its value, and the mean probability that is given to what is true; 0 of a number."""
    head = model.manifest.heads[0]
    outputs = np.array([numbers for _, batch in batches for numbers in predict_batch(model, batch)])[:, : head.answers]
    targets = np.array([one.targets[: head.targets] for one in examples])
    metrics = metrics_by_head([head], outputs, targets)
    if head.kind == "number":
        return NAMES["val_r2"], metrics.get("val_r2"), 0.0
    if head.kind == "multi":
        return NAMES["val_auroc"], metrics.get("val_auroc"), float(np.nanmean(1 - np.abs(targets - outputs)))
    given = outputs[np.arange(len(outputs)), targets[:, 0].astype(np.intp)]
    return NAMES["val_auroc"], metrics.get("val_auroc"), float(given.mean())
