"""Whether maps depend on what a model learned and on which class is asked for: other weights, other classes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from core.explain.saliency_map import SaliencyMap, Values
from core.explain.sanity.pointing_game import Mask
from core.explain.sanity.random_weights import STAGES, cascading_randomization, randomize_all
from core.explain.sanity.similarity import MeanWithInterval, rank_correlation

if TYPE_CHECKING:
    from core.inference import LoadedModel
    from core.training.examples import Example

LITTLE = 0.3  # two maps of a rank correlation below this have little in common: that is no likeness to speak of
SAME = 0.9  # and above this that they are the same for a reader
CASES, FEW, PAIRS = 12, 6, 200  # cases for what asks many maps of each, for the cascade, and random pairs at most
Json = dict[str, Any]
Explain = Callable[["LoadedModel", "Example", int | None], SaliencyMap]
Tell = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Case:
    """A case to be looked at, and what readers drew on its picture: (rows, columns), None where they did not."""

    example: "Example"
    drawn: Mask | None = None


@dataclass
class Steps:
    """How far a check is."""

    tell: Tell
    of: int
    done: int = 0

    def next(self, doing: str) -> None:
        """Say what comes now; raises where the end is wished."""
        self.tell(self.done, self.of, doing)
        self.done += 1


def stack_maps(found: SaliencyMap) -> Values:
    """The map, or of several pictures all of them (V, H, W)."""
    return np.stack(found.all_images) if found.all_images else found.values


def model_randomization_test(
    model: "LoadedModel",
    cases: Sequence[Case],
    own: Sequence[SaliencyMap],
    explain: Explain,
    steps: Steps,
    again: int,
    seed: int,
) -> Json:
    """How alike maps are to those of weights drawn by chance, against maps of different cases."""
    asked = list(zip(cases, own, strict=True))[:CASES]
    each = []
    for number in range(again):
        steps.next(f"Weights drawn by chance, {number + 1} of {again}")
        other = randomize_all(model, seed + number + 1)
        each.append(MeanWithInterval.of([_alike(other, one.example, found, explain) for one, found in asked]).value)
    steps.next("Layers drawn anew, from the last to the first")
    found = MeanWithInterval.of(each)
    pairs = MeanWithInterval.of(
        [
            rank_correlation(stack_maps(a), stack_maps(b))
            for a, b in _pairs(own, seed)
            if stack_maps(a).shape == stack_maps(b).shape
        ]
    )
    depends = _depends(found, pairs)
    return {
        "again": again,
        "similarity": found.to_json(),
        "pairs": pairs.to_json(),
        "depends": depends,
        "cascade": _cascade(model, asked[:FEW], explain, seed),
        "words": _said(found, pairs, depends, again),
    }


def _alike(other: "LoadedModel", example: "Example", found: SaliencyMap, explain: Explain) -> float | None:
    return rank_correlation(stack_maps(found), stack_maps(explain(other, example, found.class_index)))


def _pairs(own: Sequence[SaliencyMap], seed: int) -> list[tuple[SaliencyMap, SaliencyMap]]:
    every = list(combinations(own, 2))
    if len(every) <= PAIRS:
        return every
    return [every[at] for at in np.random.default_rng(seed).choice(len(every), PAIRS, replace=False)]


def _depends(found: MeanWithInterval, pairs: MeanWithInterval) -> bool | None:
    """Below random pairs they do; clearly above them they do not; in between it is open, and that is no pass."""
    if found.value is None or pairs.value is None:
        return None
    if found.value < pairs.value:
        return True
    return False if found.low is not None and found.low > pairs.value else None


def _said(found: MeanWithInterval, pairs: MeanWithInterval, depends: bool | None, again: int) -> str:
    """The verdict with its numbers."""
    if found.value is None or pairs.value is None:
        return "Whether the maps depend on the model cannot be told: they, or those of other weights, are flat."
    little = "The maps change less with the model's weights than from case to case"
    verdict = {
        True: "The maps change with the model's weights",
        False: little if found.value < LITTLE else "The maps do not depend on the model's weights",
        None: "Whether the maps depend on the model's weights stays open",
    }[depends]
    return (
        f"{verdict}: with all of them drawn by chance, {again} times, the map of the same case has a rank "
        f"correlation of {found.told()} with it; maps of two different cases have {pairs.told()}."
    )


def _cascade(
    model: "LoadedModel", asked: Sequence[tuple[Case, SaliencyMap]], explain: Explain, seed: int
) -> list[Json]:
    return [
        {
            "down_to": name,
            "similarity": MeanWithInterval.of([_alike(other, one.example, own, explain) for one, own in asked]).value,
        }
        for name, other in cascading_randomization(model, seed + 1, STAGES)
    ]


def class_sensitivity_test(
    model: "LoadedModel", cases: Sequence[Case], own: Sequence[SaliencyMap], explain: Explain
) -> Json:
    """Whether another class has another map."""
    answered = model.manifest.heads[0].answers
    if answered < 2:
        return {
            "similarity": MeanWithInterval.of([]).to_json(),
            "words": "The model answers one thing, so there is no other class.",
        }
    asked = list(zip(cases, own, strict=True))[:CASES]
    found = MeanWithInterval.of(
        [
            rank_correlation(
                stack_maps(map_), stack_maps(explain(model, one.example, (map_.class_index + 1) % answered))
            )
            for one, map_ in asked
        ]
    )
    same = found.value is not None and found.value > SAME
    verdict = "Another class has the same map" if same else "Another class has another map"
    return {"similarity": found.to_json(), "words": f"{verdict}: their rank correlation is {found.told()}."}
