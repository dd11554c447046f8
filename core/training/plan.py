"""Plan of a training: its cases, targets, weights and input size, validated before anything is computed."""

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
    """Cases of a training with the images that the model sees. Rows index `examples`; train rows occur `repeats` times.

    `targets` (n, targets) hold the known targets of every head, NaN where unknown; `weights` (n,); `sampling_weights`
    are those of the train rows for a balanced sampler; `views` are those of a two-view model.
    """

    examples: tuple[Example, ...]
    train: Rows
    val: Rows
    heads: tuple[Head, ...]
    targets: Floats
    weights: Floats
    sampling_weights: NDArray[np.float64] | None
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
        """True where the model sees several images per case."""
        return self.takes != "image"

    def sentence(self) -> str:
        """Return counts and sizes for the log."""
        unit = "cases" if self.several else "images"
        text = f"Training on {len(self.train_once)} {unit}"
        text += f", shown {len(self.train)} times an epoch" if len(self.train) != len(self.train_once) else ""
        text += f"; validating on {len(self.val)}. Input {self._input_text()}{self.size}×{self.size} px"
        return text + (f", upsampled from {self.stored} px." if self.stored < self.size else ".")

    def _input_text(self) -> str:
        if self.views:
            return f"views {' and '.join(self.views)} of "
        return f"{max(len(one.images) for one in self.examples)} pictures of " if self.several else ""


def make_plan(spec: TrainSpec, examples: Sequence[Example], heads: Sequence[Head]) -> Plan:
    """Plan the training of a spec.

    Raises:
        NotTrainable: fewer than two classes, a class without training cases, no validation or test cases, an invalid
            weight, or fewer images per case than the model needs.
    """
    _check(examples)
    selected = [one for one in examples if one.split == "val" or (one.split == "train" and one.repeats > 0)]
    model = entry(spec.model)
    views = choose_views(selected, spec.views) if model.takes == "views" else ()
    shown = select_images(selected, takes=model.takes, slices=spec.slices, views=views)
    train = np.array(
        [row for row, one in enumerate(selected) if one.split == "train" for _ in range(one.repeats)], np.intp
    )
    targets, weights = (
        np.array([one.targets for one in selected], np.float32),
        np.array([one.weight for one in selected]),
    )
    resolved = tuple(
        _resolve_head(head, targets[:, part], train[weights[train] > 0], selected)
        for head, part in zip(heads, head_slices(heads, "targets"), strict=True)
    )
    edge = median_edge(shown)
    size = input_size(model, spec.image_size, edge)
    return Plan(
        examples=tuple(shown),
        train=train,
        val=np.array([row for row, one in enumerate(selected) if one.split == "val"], np.intp),
        heads=resolved,
        targets=targets,
        weights=_weights(spec, weights, targets, train, resolved[0]),
        sampling_weights=_sampling_weights(spec, targets, train, resolved[0]),
        takes=model.takes,
        views=views,
        channels=channel_count(shown),
        edge=edge,
        size=size,
        stored=stored_size(size, edge),
    )


def _check(examples: Sequence[Example]) -> None:
    for example in examples:
        if not (math.isfinite(example.weight) and example.weight >= 0):
            raise NotTrainable(
                f"Image {example.key} has weight {example.weight}; weights must be 0 or more. Freeze again."
            )
    if not any(one.split in ("val", "test") for one in examples):
        raise NotTrainable(
            "The dataset has neither validation nor test images, so the model could not be evaluated; "
            "freeze again with a validation or test split."
        )


def _resolve_head(head: Head, targets: Floats, train: Rows, examples: Sequence[Example]) -> Head:
    """Return the head as it is trained; `targets` (n, part) and the train rows with positive weight."""
    if head.kind == "number":
        return _standardise(head, targets[train, 0])
    if len(head.classes) < 2 and head.kind != "multi":
        raise NotTrainable(f"The task has {len(head.classes)} class; a model needs at least 2. Add a class.")
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
            raise NotTrainable(f"No training image of class '{title}'; label more of them and freeze again.")


def _check_findings(head: Head, train: Floats) -> None:
    for at, title in enumerate(head.classes):
        for value, presence in ((1, "present"), (0, "absent")):
            if not (train[:, at] == value).any():
                raise NotTrainable(
                    f"'{title}' is labelled {presence} in no training image, so it cannot be learned; label more "
                    "images, or retire the finding, and freeze again."
                )


def _standardise(head: Head, train: Floats) -> Head:
    """Return the head with mean and standard deviation of the training cases."""
    values = train[~np.isnan(train)].astype(np.float64)
    if len(np.unique(values)) < 2:
        raise NotTrainable(
            f"All training images have the same value of '{head.task}', so there is nothing to learn; label more "
            "images and freeze again."
        )
    return replace(head, mean=float(values.mean()), deviation=float(values.std()))


def _weights(spec: TrainSpec, weights: NDArray[np.float64], targets: Floats, train: Rows, head: Head) -> Floats:
    """Return the weights of the dataset, or weights with which every class counts equally in the loss."""
    if spec.imbalance != "class weights":
        return weights.astype(np.float32)
    return (weights / _class_fractions(spec, targets, train, head) / len(head.classes)).astype(np.float32)


def _sampling_weights(spec: TrainSpec, targets: Floats, train: Rows, head: Head) -> NDArray[np.float64] | None:
    """Return the weight of each train row with which all classes are drawn equally often."""
    if spec.imbalance != "balanced sampler":
        return None
    weights = 1.0 / _class_fractions(spec, targets, train, head)[train]
    sampling_weights: NDArray[np.float64] = weights / weights.sum()
    return sampling_weights


def _class_fractions(spec: TrainSpec, targets: Floats, train: Rows, head: Head) -> NDArray[np.float64]:
    """Return for every case the fraction of training cases that are of its class."""
    if head.kind not in ("single", "ordinal"):
        raise NotTrainable(
            f"Imbalance is '{spec.imbalance}', which needs a single class per case, unlike '{head.task}'; choose as "
            "frozen."
        )
    counts = np.bincount(targets[train, 0].astype(np.intp), minlength=len(head.classes))
    fraction: NDArray[np.float64] = counts[targets[:, 0].astype(np.intp)] / len(train)
    return fraction
