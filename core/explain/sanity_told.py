"""Whether the heat of maps lies where it moves the answer, and not where nothing of the patient is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.explain.maps import Map, Values
from core.explain.sanity_again import CASES, Case, Json, whole
from core.explain.sanity_alike import Mean, centre, noise
from core.explain.sanity_faithful import Faith, faith
from core.explain.sanity_places import EDGE, Heat, heat, places

if TYPE_CHECKING:
    from core.inference import LoadedModel
    from core.training.data import Example


def of_taking(model: "LoadedModel", cases: Sequence[Case], own: Sequence[Map], seed: int) -> Json:
    """Deletion and insertion under the map, under chance, and under the middle of the picture."""
    if model.manifest.heads[0].kind == "number":
        return {"words": "Deletion and insertion are told of classes; this model answers with a number."}
    chance, found = np.random.default_rng(seed), dict[str, list[Faith]]()
    for one, map_ in list(zip(cases, own, strict=True))[:CASES]:
        images, values = model.input_of(one.example), whole(map_)
        size = (values.shape[-2], values.shape[-1])
        count = len(values) if values.ndim == 3 else 1
        maps = {"map": values, "chance": np.stack([noise(chance, size) for _ in range(count)]),
                "middle": np.stack([centre(size)] * count)}  # fmt: skip
        for name, each in maps.items():
            found.setdefault(name, []).append(faith(model, images, each, map_.class_index))
    told = {
        name: {what: Mean.of([getattr(one, what) for one in each]).to_json() for what in ("deletion", "insertion")}
        for name, each in found.items()
    }
    return {**told, "words": _faith_said(found)}


def _faith_said(found: dict[str, list[Faith]]) -> str:
    def mean(name: str, what: str) -> float:
        return float(np.mean([getattr(one, what) for one in found[name]]))

    gained = Mean.of([own.insertion - own.deletion - (other.insertion - other.deletion)
                      for own, other in zip(found["map"], found["chance"], strict=True)])  # fmt: skip
    verdict = "What is hot moves the answer more than chance does" if (gained.low or 0.0) > 0 else \
        "That what is hot moves the answer more than chance does is not shown"  # fmt: skip
    return (f"{verdict}: taking the hottest away first leaves {mean('map', 'deletion'):.2f} of the answer (chance "
            f"{mean('chance', 'deletion'):.2f}, middle {mean('middle', 'deletion'):.2f}), showing it first gives "
            f"{mean('map', 'insertion'):.2f} (chance {mean('chance', 'insertion'):.2f}, middle "
            f"{mean('middle', 'insertion'):.2f}).")  # fmt: skip


def of_places(model: "LoadedModel", cases: Sequence[Case], own: Sequence[Map]) -> Json:
    """Shares of heat outside the body and on marks, with the areas that those have."""
    told = [heat(found.values, places(picture(model, one.example, found.plane)))
            for one, found in zip(cases, own, strict=True)]  # fmt: skip
    marked = [one for one in told if one.marks is not None]
    outside, area = Mean.of([one.outside for one in told]), Mean.of([one.outside_area for one in told])
    on, about = Mean.of([one.marks for one in marked]), Mean.of([one.marks_area for one in marked])
    return {
        "outside": outside.to_json(), "outside_area": area.to_json(), "marks": on.to_json(),
        "marks_area": about.to_json(), "marked": len(marked), "peaks_on_marks": sum(one.peak_on_mark for one in marked),
        "flagged": _is_shortcut(marked, on, about), "words": _where_said(told, marked),
    }  # fmt: skip


def _is_shortcut(marked: Sequence[Heat], on: Mean, about: Mean) -> bool:
    """Marks are at least twice as hot as their area would be by chance, and that is no chance."""
    return bool(len(marked) > 1 and on.low is not None and about.value is not None and on.low > 2 * about.value)


def _where_said(told: Sequence[Heat], marked: Sequence[Heat]) -> str:
    outside = Mean.of([one.outside for one in told]).value
    said = "No picture has a dark surround, so there is no body to lie outside of." if outside is None else (
        f"{100 * outside:.0f} % of the heat lies outside the body, which is "
        f"{100 * (Mean.of([one.outside_area for one in told]).value or 0):.0f} % of the picture."
    )  # fmt: skip
    if not marked:
        return f"{said} No text or marker was seen in these pictures."
    on, about = (
        Mean.of([one.marks for one in marked]).value or 0.0,
        Mean.of([one.marks_area for one in marked]).value or 0,
    )
    peaks = sum(one.peak_on_mark for one in marked)
    return (f"{said} In {len(marked)} pictures with text or a marker {100 * on:.0f} % of the heat lies there, on "
            f"{100 * about:.1f} % of the picture, and in {peaks} of them the hottest point.")  # fmt: skip


def picture(model: "LoadedModel", example: "Example", plane: int) -> Values:
    """One of the pictures that the model sees, (EDGE, EDGE) in [0, 1], white is tissue."""
    from core.inference import seen_by
    from core.training.data import read_plane

    planes = seen_by(model.manifest, [example])[0].planes
    grey = read_plane(planes[min(plane, len(planes) - 1)], size=EDGE, channels=1)[0]
    return np.asarray(grey, dtype=np.float32) / np.float32(65535)
