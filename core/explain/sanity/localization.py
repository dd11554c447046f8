"""Whether the heat of maps lies where it moves the answer, and not where nothing of the patient is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.explain.saliency_map import SaliencyMap, Values
from core.explain.sanity.faithfulness import Faithfulness, deletion_insertion
from core.explain.sanity.randomization import CASES, CheckedCase, Json, stack_maps
from core.explain.sanity.regions import EDGE, heat_by_region, places, words
from core.explain.sanity.similarity import MeanWithInterval, centre, noise
from core.inference import select_model_images
from core.training.examples import read_image

if TYPE_CHECKING:
    from core.inference import LoadedModel
    from core.training.examples import Example


def faithfulness_report(
    model: "LoadedModel", cases: Sequence[CheckedCase], saliency_maps: Sequence[SaliencyMap], seed: int
) -> Json:
    """Deletion and insertion under the map, under chance, and under the middle of the picture."""
    if model.manifest.heads[0].kind == "number":
        return {"words": "Deletion and insertion are defined for classes; this model predicts a number."}
    chance, results = np.random.default_rng(seed), dict[str, list[Faithfulness]]()
    for case, map_ in list(zip(cases, saliency_maps, strict=True))[:CASES]:
        images, values = model.input_of(case.example), stack_maps(map_)
        size = (values.shape[-2], values.shape[-1])
        count = len(values) if values.ndim == 3 else 1
        maps = {
            "map": values,
            "chance": np.stack([noise(chance, size) for _ in range(count)]),
            "middle": np.stack([centre(size)] * count),
        }
        for name, each in maps.items():
            results.setdefault(name, []).append(deletion_insertion(model, images, each, map_.class_index))
    curves = {
        name: {
            what: MeanWithInterval.of([getattr(one, what) for one in each]).to_json()
            for what in ("deletion", "insertion")
        }
        for name, each in results.items()
    }
    return {**curves, "words": _faithfulness_sentence(results)}


def _faithfulness_sentence(results: dict[str, list[Faithfulness]]) -> str:
    def mean(name: str, what: str) -> float:
        return float(np.mean([getattr(one, what) for one in results[name]]))

    gained = MeanWithInterval.of(
        [
            of_map.insertion - of_map.deletion - (other.insertion - other.deletion)
            for of_map, other in zip(results["map"], results["chance"], strict=True)
        ]
    )
    verdict = (
        "Highlighted regions change the prediction more than random regions"
        if (gained.low or 0.0) > 0
        else "No evidence that highlighted regions change the prediction more than random regions"
    )
    return (
        f"{verdict}. Deletion (lower is better): {mean('map', 'deletion'):.2f}, random "
        f"{mean('chance', 'deletion'):.2f}, image centre {mean('middle', 'deletion'):.2f}. Insertion (higher is "
        f"better): {mean('map', 'insertion'):.2f}, random {mean('chance', 'insertion'):.2f}, image centre "
        f"{mean('middle', 'insertion'):.2f}."
    )


def localization_report(model: "LoadedModel", cases: Sequence[CheckedCase], maps: Sequence[SaliencyMap]) -> Json:
    """Share of heat outside the body, with the area that is, and how many maps carry a warning."""
    shares = [
        heat_by_region(saliency.values, places(picture(model, case.example, saliency.plane)))
        for case, saliency in zip(cases, maps, strict=True)
    ]
    outside, area = (
        MeanWithInterval.of([one.outside for one in shares]),
        MeanWithInterval.of([one.outside_area for one in shares]),
    )
    doubted = sum(bool(words(one)) for one in shares)
    sentence = (
        "No picture has a dark surround, so there is no body to lie outside of."
        if outside.value is None
        else (
            f"{100 * outside.value:.0f} % of the heat lies outside the body, which is {100 * (area.value or 0):.0f} % "
            "of the picture."
        )
    )
    return {
        "outside": outside.to_json(),
        "outside_area": area.to_json(),
        "doubted": doubted,
        "words": f"{sentence} {doubted} of {len(shares)} maps carry a warning.",
    }


def picture(model: "LoadedModel", example: "Example", plane: int) -> Values:
    """One of the pictures that the model sees, (EDGE, EDGE) in [0, 1], white is tissue."""
    planes = select_model_images(model.manifest, [example])[0].images
    grey = read_image(planes[min(plane, len(planes) - 1)], size=EDGE, channels=1)[0]
    return np.asarray(grey, dtype=np.float32) / np.float32(65535)
