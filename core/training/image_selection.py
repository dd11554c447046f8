"""Selection of the images of a case that a model sees: one, a stack, a bag or two views. Loads no torch."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.errors import NotTrainable
from core.training.examples import Example, ImageRef

Views = tuple[str, ...]
VIEWS = 2


def select_images(examples: Sequence[Example], *, takes: str, slices: int, views: Views = ()) -> list[Example]:
    """Return the examples with only the images that a model of that kind sees (see `ModelEntry.takes`).

    Raises:
        NotTrainable: a stack of one image, or a case without one of the two views; with counts and names.
    """
    if takes == "image":
        return [replace(one, images=(one.picture,), main=0) for one in examples]
    if takes == "bag":
        return [_with(one, _spread(one.images, min(slices, len(one.images)))) for one in examples]
    if takes == "stack":
        return [_with(one, _spread(_stack(one), slices)) for one in examples]
    _check_views(examples, views)
    return [_with(one, tuple(_of_view(one, view)[0] for view in views)) for one in examples]


def choose_views(examples: Sequence[Example], requested: str) -> Views:
    """Return the views of a two-view model: those requested ("PA, LATERAL"), else the two most common ones.

    Raises:
        NotTrainable: the request is not two existing views, or the cases have fewer than two.
    """
    counts = Counter(view for one in examples for view in {plane.view for plane in one.images if plane.view})
    names = tuple(one.strip() for one in requested.split(",") if one.strip())
    views = names or tuple(sorted(view for view, _ in sorted(counts.items(), key=lambda it: (-it[1], it[0]))[:VIEWS]))
    if len(set(views)) == VIEWS and all(one in counts for one in views):
        return views
    known = ", ".join(sorted(counts)) or "none"
    raise NotTrainable(
        f"This model needs two views; requested: '{', '.join(views)}', available: {known}. Choose two of those "
        "(views), or use a dataset of studies whose images have a view position."
    )


def _check_views(examples: Sequence[Example], views: Views) -> None:
    for view in views:
        missing = [one for one in examples if not _of_view(one, view)]
        if missing:
            raise NotTrainable(
                f"{len(missing)} of {len(examples)} cases have no image of view '{view}', the first is case "
                f"{missing[0].key}; exclude them and freeze again, or choose a model of one image."
            )


def _of_view(example: Example, view: str) -> list[ImageRef]:
    return [plane for plane in example.images if plane.view == view]


def _stack(example: Example) -> tuple[ImageRef, ...]:
    """Return the slices of a series, or the frames of a single image."""
    if len(example.images) > 1:
        return example.images
    main_image = example.picture
    if main_image.format.frames < 2:
        raise NotTrainable(
            f"Case {example.key} has a single image, but this model needs a stack; choose a model of one image, or "
            "use a dataset of series."
        )
    return tuple(replace(main_image, frame=frame) for frame in range(main_image.format.frames))


def _spread(images: tuple[ImageRef, ...], count: int) -> tuple[ImageRef, ...]:
    """Return `count` evenly spaced images, repeated where there are fewer."""
    return tuple(images[at] for at in np.linspace(0, len(images) - 1, count).round().astype(int))


def _with(example: Example, images: tuple[ImageRef, ...]) -> Example:
    return replace(example, images=images, main=len(images) // 2)
