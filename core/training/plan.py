"""What exactly will be trained on what: checked before anything is computed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.errors import NotTrainable
from core.models import entry, input_size, stored_size
from core.models.heads import Head, head_slices
from core.training.examples import Example, channel_count, median_edge
from core.training.image_selection import Views, choose_views, select_images
from core.training.spec import TrainSpec

Rows = NDArray[np.intp]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Plan:
    """Cases in use with the pictures that the model sees. Rows index `examples`; train rows come `repeats` times.

    `targets` (n, targets) hold what is known of every head, NaN where unknown; `weights` (n,); `chances` those of the
    train rows where they are drawn; `views` are the two of a model of two.
    """

    examples: tuple[Example, ...]
    train: Rows
    val: Rows
    heads: tuple[Head, ...]
    targets: Floats
    weights: Floats
    chances: NDArray[np.float64] | None
    takes: str
    views: Views
    channels: int
    edge: int
    size: int
    stored: int

    @property
    def train_once(self) -> Rows:
        """Every training case once."""
        return np.unique(self.train)

    @property
    def several(self) -> bool:
        """Whether the model sees several pictures of a case."""
        return self.takes != "image"

    def sentence(self) -> str:
        """Counts and sizes for the log."""
        what = "cases" if self.several else "images"
        text = f"Training on {len(self.train_once)} {what}"
        text += f", shown {len(self.train)} times an epoch" if len(self.train) != len(self.train_once) else ""
        text += f"; validating on {len(self.val)}. Input {self._seen()}{self.size}×{self.size} px"
        return text + (f", upsampled from {self.stored} px." if self.stored < self.size else ".")

    def _seen(self) -> str:
        if self.views:
            return f"views {' and '.join(self.views)} of "
        return f"{max(len(one.images) for one in self.examples)} pictures of " if self.several else ""


def make_plan(spec: TrainSpec, examples: Sequence[Example], heads: Sequence[Head]) -> Plan:
    """The training that was asked for.

    Raises:
        NotTrainable: fewer than two classes, a class without training cases, nothing to judge by, a wrong weight, a
            model that sees more pictures than a case has.
    """
    _check(examples)
    used = [one for one in examples if one.split == "val" or (one.split == "train" and one.repeats > 0)]
    model = entry(spec.model)
    views = choose_views(used, spec.views) if model.takes == "views" else ()
    shown = select_images(used, takes=model.takes, slices=spec.slices, views=views)
    train = np.array([row for row, one in enumerate(used) if one.split == "train" for _ in range(one.repeats)], np.intp)
    targets, weights = np.array([one.targets for one in used], np.float32), np.array([one.weight for one in used])
    asked = tuple(
        _resolve_head(head, targets[:, own], train[weights[train] > 0], used)
        for head, own in zip(heads, head_slices(heads, "targets"), strict=True)
    )
    edge = median_edge(shown)
    size = input_size(model, spec.image_size, edge)
    return Plan(
        examples=tuple(shown),
        train=train,
        val=np.array([row for row, one in enumerate(used) if one.split == "val"], np.intp),
        heads=asked,
        targets=targets,
        weights=_weights(spec, weights, targets, train, asked[0]),
        chances=_sampling_weights(spec, targets, train, asked[0]),
        takes=model.takes,
        views=views,
        channels=channel_count(shown),
        edge=edge,
        size=size,
        stored=stored_size(size, edge),
    )


def _check(examples: Sequence[Example]) -> None:
    for one in examples:
        if not (math.isfinite(one.weight) and one.weight >= 0):
            raise NotTrainable(f"Image {one.key} has weight {one.weight}; weights are 0 or more, so freeze again.")
    if not any(one.split in ("val", "test") for one in examples):
        raise NotTrainable(
            "The snapshot has neither validation nor test images, so nothing could judge the model; "
            "freeze again with a share for them."
        )


def _resolve_head(head: Head, targets: Floats, train: Rows, examples: Sequence[Example]) -> Head:
    """The head as it is learned; `targets` (n, own) and the train rows with any weight."""
    if head.kind == "number":
        return _measured(head, targets[train, 0])
    if len(head.classes) < 2 and head.kind != "multi":
        raise NotTrainable(
            f"The task has {len(head.classes)} class; a model needs at least 2 to tell apart, so add one."
        )
    if head.kind == "multi":
        _check_findings(head, targets[train])
    else:
        _check_classes(head, targets[:, 0], targets[train, 0], examples)
    return head


def _check_classes(head: Head, targets: Floats, train: Floats, examples: Sequence[Example]) -> None:
    for row in np.flatnonzero((targets < 0) | (targets >= len(head.classes))):
        raise NotTrainable(
            f"Image {examples[int(row)].key} has label {targets[row]:g}, outside the {len(head.classes)} classes; "
            "freeze again."
        )
    for at, title in enumerate(head.classes):
        if not (train == at).any():
            raise NotTrainable(f"No training image shows class '{title}'; label more of it and freeze again.")


def _check_findings(head: Head, train: Floats) -> None:
    for at, title in enumerate(head.classes):
        for value, word in ((1, "present"), (0, "absent")):
            if not (train[:, at] == value).any():
                raise NotTrainable(
                    f"In no training image is '{title}' said to be {word}, so nothing could be learned of it; label "
                    "more of it, or retire the finding, and freeze again."
                )


def _measured(head: Head, train: Floats) -> Head:
    """A number's scale, of the training cases."""
    values = train[~np.isnan(train)].astype(np.float64)
    if len(np.unique(values)) < 2:
        raise NotTrainable(
            f"Every training image has the same value of '{head.task}', so there is nothing to learn; label more and "
            "freeze again."
        )
    return replace(head, mean=float(values.mean()), deviation=float(values.std()))


def _weights(spec: TrainSpec, weights: NDArray[np.float64], targets: Floats, train: Rows, head: Head) -> Floats:
    """As frozen, or so that every class weighs the same in the loss."""
    if spec.imbalance != "class weights":
        return weights.astype(np.float32)
    return (weights / _share(spec, targets, train, head) / len(head.classes)).astype(np.float32)


def _sampling_weights(spec: TrainSpec, targets: Floats, train: Rows, head: Head) -> NDArray[np.float64] | None:
    """Of each train row, so that every class is drawn as often."""
    if spec.imbalance != "balanced sampler":
        return None
    each = 1.0 / _share(spec, targets, train, head)[train]
    chances: NDArray[np.float64] = each / each.sum()
    return chances


def _share(spec: TrainSpec, targets: Floats, train: Rows, head: Head) -> NDArray[np.float64]:
    """How large a share of the training its class is, of every case."""
    if head.kind not in ("single", "ordinal"):
        raise NotTrainable(
            f"Imbalance is '{spec.imbalance}', which needs one class for each case, and '{head.task}' asks for "
            "something else; choose as frozen."
        )
    counts = np.bincount(targets[train, 0].astype(np.intp), minlength=len(head.classes))
    share: NDArray[np.float64] = counts[targets[:, 0].astype(np.intp)] / len(train)
    return share
