"""Which pictures of a case a model sees: one, a stack, a bag or two views. Loads no torch."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.errors import NotTrainable
from core.training.examples import Example, ImageRef

Views = tuple[str, ...]
VIEWS = 2


def select_images(examples: Sequence[Example], *, takes: str, slices: int, views: Views = ()) -> list[Example]:
    """The examples with those planes only that a model of that kind sees (see `ModelEntry.takes`).

    Raises:
        NotTrainable: a stack of one picture, or a case without one of the two views; says how many and which.
    """
    if takes == "image":
        return [replace(one, images=(one.picture,), main=0) for one in examples]
    if takes == "bag":
        return [_with(one, _spread(one.images, min(slices, len(one.images)))) for one in examples]
    if takes == "stack":
        return [_with(one, _spread(_stack(one), slices)) for one in examples]
    _check_views(examples, views)
    return [_with(one, tuple(_of_view(one, view)[0] for view in views)) for one in examples]


def choose_views(examples: Sequence[Example], asked: str) -> Views:
    """The two views that a model of two sees: those asked for ("PA, LATERAL"), else the two that most cases have.

    Raises:
        NotTrainable: what is asked for is not two views, or the cases have fewer than two.
    """
    there = Counter(view for one in examples for view in {plane.view for plane in one.images if plane.view})
    typed = tuple(one.strip() for one in asked.split(",") if one.strip())
    views = typed or tuple(sorted(view for view, _ in sorted(there.items(), key=lambda it: (-it[1], it[0]))[:VIEWS]))
    if len(set(views)) == VIEWS and all(one in there for one in views):
        return views
    known = ", ".join(sorted(there)) or "none"
    raise NotTrainable(
        f"A model of two views was asked to see '{', '.join(views)}', and the cases have: {known}; name two of those "
        "(views), or freeze a task about studies whose images say their view."
    )


def _check_views(examples: Sequence[Example], views: Views) -> None:
    for view in views:
        without = [one for one in examples if not _of_view(one, view)]
        if without:
            raise NotTrainable(
                f"{len(without)} of {len(examples)} cases have no picture of view '{view}', the first is case "
                f"{without[0].key}; exclude them and freeze again, or choose a model of one image."
            )


def _of_view(example: Example, view: str) -> list[ImageRef]:
    return [plane for plane in example.images if plane.view == view]


def _stack(example: Example) -> tuple[ImageRef, ...]:
    """The slices of a series; of one image its frames."""
    if len(example.images) > 1:
        return example.images
    only = example.picture
    if only.format.frames < 2:
        raise NotTrainable(
            f"Case {example.key} has one picture, and this model reads a stack; choose a model of one image, or "
            "freeze a task about series."
        )
    return tuple(replace(only, frame=frame) for frame in range(only.format.frames))


def _spread(planes: tuple[ImageRef, ...], count: int) -> tuple[ImageRef, ...]:
    """So many planes evenly along them all, each again where there are fewer."""
    return tuple(planes[at] for at in np.linspace(0, len(planes) - 1, count).round().astype(int))


def _with(example: Example, planes: tuple[ImageRef, ...]) -> Example:
    return replace(example, images=planes, main=len(planes) // 2)
