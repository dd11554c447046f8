"""Whether a model answers better than networks whose weights were drawn by chance: a map of one that does not is void.

A model with weights of chance is one more such draw, so among `AGAIN` of them it is the best in one of twenty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.explain.sanity_weights import fresh

if TYPE_CHECKING:
    from core.inference import LoadedModel
    from core.training.cache import Batch
    from core.training.data import Example

AGAIN = 19
NAMES = {"val_auroc": "AUROC", "val_r2": "R²"}


@dataclass(frozen=True, slots=True)
class Answers:
    """The model's figure ("AUROC" or "R²") and those of the draws; None where the examined cases have one class."""

    name: str
    value: float | None
    draws: tuple[float, ...]
    cases: int

    @property
    def knows(self) -> bool | None:
        """Whether it does better than every draw; None where that cannot be told."""
        return None if self.value is None or not self.draws else self.value > max(self.draws)

    @property
    def words(self) -> str:
        """The verdict with its numbers."""
        if self.value is None or not self.draws:
            return "Whether the model answers better than chance cannot be told: the examined cases have one class."
        verdict = "The model answers better than" if self.knows else "The model answers no better than"
        return (f"{verdict} networks with weights drawn by chance: {self.name} {self.value:.2f} against at most "
                f"{max(self.draws):.2f} of {len(self.draws)} on {self.cases} cases.")  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"name": self.name, "value": self.value, "draws": list(self.draws), "cases": self.cases,
                "knows": self.knows, "words": self.words}  # fmt: skip


def answers(model: "LoadedModel", examples: "Sequence[Example]", *, again: int = AGAIN) -> Answers:
    """Of cases that the model should not have learned from."""
    from core.inference import read

    batches = list(read(model, examples))
    name, value = _figure(model, batches, examples)
    if value is None:
        return Answers(name, None, (), len(examples))
    drawn = [_figure(fresh(model, 1000 + number), batches, examples)[1] for number in range(again)]
    return Answers(name, value, tuple(one for one in drawn if one is not None), len(examples))


def _figure(
    model: "LoadedModel", batches: "Sequence[tuple[list[str], Batch]]", examples: "Sequence[Example]"
) -> tuple[str, float | None]:
    from core.inference import answered
    from core.training.judging import figures

    told = np.array([numbers for _, batch in batches for numbers in answered(model, batch)])
    head = model.manifest.heads[0]
    targets = np.array([one.targets[: head.targets] for one in examples])
    found = figures([head], told[:, : head.answers], targets)
    key = "val_r2" if head.kind == "number" else "val_auroc"
    return NAMES[key], found.get(key)
