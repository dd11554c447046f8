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
class CheckedCase:
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


def stack_maps(saliency: SaliencyMap) -> Values:
    """The map, or of several pictures all of them (V, H, W)."""
    return np.stack(saliency.all_images) if saliency.all_images else saliency.values


def model_randomization_test(
    model: "LoadedModel",
    cases: Sequence[CheckedCase],
    maps: Sequence[SaliencyMap],
    explain: Explain,
    steps: Steps,
    again: int,
    seed: int,
) -> Json:
    """How alike maps are to those of weights drawn by chance, against maps of different cases."""
    chosen = list(zip(cases, maps, strict=True))[:CASES]
    each = []
    for number in range(again):
        steps.next(f"Random weights, {number + 1} of {again}")
        other = randomize_all(model, seed + number + 1)
        each.append(
            MeanWithInterval.of([_alike(other, one.example, saliency, explain) for one, saliency in chosen]).value
        )
    steps.next("Randomising layers, from the last to the first")
    similarity = MeanWithInterval.of(each)
    pairs = MeanWithInterval.of(
        [
            rank_correlation(stack_maps(a), stack_maps(b))
            for a, b in _pairs(maps, seed)
            if stack_maps(a).shape == stack_maps(b).shape
        ]
    )
    depends = _depends(similarity, pairs)
    return {
        "again": again,
        "similarity": similarity.to_json(),
        "pairs": pairs.to_json(),
        "depends": depends,
        "cascade": _cascade(model, chosen[:FEW], explain, seed),
        "words": _sentence(similarity, pairs, depends, again),
    }


def _alike(other: "LoadedModel", example: "Example", saliency: SaliencyMap, explain: Explain) -> float | None:
    return rank_correlation(stack_maps(saliency), stack_maps(explain(other, example, saliency.class_index)))


def _pairs(maps: Sequence[SaliencyMap], seed: int) -> list[tuple[SaliencyMap, SaliencyMap]]:
    every = list(combinations(maps, 2))
    if len(every) <= PAIRS:
        return every
    return [every[at] for at in np.random.default_rng(seed).choice(len(every), PAIRS, replace=False)]


def _depends(similarity: MeanWithInterval, pairs: MeanWithInterval) -> bool | None:
    """Below random pairs they do; clearly above them they do not; in between it is open, and that is no pass."""
    if similarity.value is None or pairs.value is None:
        return None
    if similarity.value < pairs.value:
        return True
    return False if similarity.low is not None and similarity.low > pairs.value else None


def _sentence(similarity: MeanWithInterval, pairs: MeanWithInterval, depends: bool | None, again: int) -> str:
    """The verdict with its numbers."""
    if similarity.value is None or pairs.value is None:
        return "Whether the maps depend on the model is unknown: they, or those of random weights, are flat."
    little = "The maps change less with the model's weights than from case to case"
    verdict = {
        True: "The maps change with the model's weights",
        False: little if similarity.value < LITTLE else "The maps do not depend on the model's weights",
        None: "It is uncertain whether the maps depend on the model's weights",
    }[depends]
    return (
        f"{verdict}: the rank correlation of a case's map with its map under random weights ({again} draws) is "
        f"{similarity.format()}; that of maps of two different cases is {pairs.format()}."
    )


def _cascade(
    model: "LoadedModel", chosen: Sequence[tuple[CheckedCase, SaliencyMap]], explain: Explain, seed: int
) -> list[Json]:
    return [
        {
            "down_to": name,
            "similarity": MeanWithInterval.of(
                [_alike(other, one.example, saliency, explain) for one, saliency in chosen]
            ).value,
        }
        for name, other in cascading_randomization(model, seed + 1, STAGES)
    ]


def class_sensitivity_test(
    model: "LoadedModel", cases: Sequence[CheckedCase], maps: Sequence[SaliencyMap], explain: Explain
) -> Json:
    """Whether another class has another map."""
    answered = model.manifest.heads[0].answers
    if answered < 2:
        return {
            "similarity": MeanWithInterval.of([]).to_json(),
            "words": "The model has a single output, so there is no other class.",
        }
    chosen = list(zip(cases, maps, strict=True))[:CASES]
    similarity = MeanWithInterval.of(
        [
            rank_correlation(
                stack_maps(map_), stack_maps(explain(model, case.example, (map_.class_index + 1) % answered))
            )
            for case, map_ in chosen
        ]
    )
    same = similarity.value is not None and similarity.value > SAME
    verdict = "Different classes have the same map" if same else "Different classes have different maps"
    return {"similarity": similarity.to_json(), "words": f"{verdict}: rank correlation {similarity.format()}."}
