"""What exactly will be trained on what: checked before anything is computed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import NotTrainable
from core.models import entry, input_size, stored_size
from core.training.data import Example, channels_of, edge_of
from core.training.spec import TrainSpec

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Plan:
    """Images in use, and the shape of what the model sees. Rows index `examples`; train rows come `repeats` times."""

    examples: tuple[Example, ...]
    train: Rows
    val: Rows
    labels: NDArray[np.int64]
    weights: NDArray[np.float32]
    channels: int
    edge: int
    size: int
    stored: int

    @property
    def train_once(self) -> Rows:
        """Every training image once."""
        return np.unique(self.train)

    def sentence(self) -> str:
        """Counts and sizes for the log."""
        text = f"Training on {len(self.train_once)} images"
        text += f", shown {len(self.train)} times an epoch" if len(self.train) != len(self.train_once) else ""
        text += f"; validating on {len(self.val)}. Input {self.size}×{self.size} px"
        return text + (f", upsampled from {self.stored} px." if self.stored < self.size else ".")


def plan(spec: TrainSpec, examples: Sequence[Example], classes: Sequence[str]) -> Plan:
    """The training that was asked for.

    Raises:
        NotTrainable: fewer than two classes, a class without training images, nothing to judge by, a wrong weight.
    """
    _check(examples, classes)
    used = tuple(one for one in examples if one.split == "val" or (one.split == "train" and one.repeats > 0))
    train = np.array([row for row, one in enumerate(used) if one.split == "train" for _ in range(one.repeats)], np.intp)
    edge, model = edge_of(used), entry(spec.model)
    size = input_size(model, spec.image_size, edge)
    return Plan(
        examples=used,
        train=train,
        val=np.array([row for row, one in enumerate(used) if one.split == "val"], np.intp),
        labels=np.array([one.label for one in used], np.int64),
        weights=np.array([one.weight for one in used], np.float32),
        channels=channels_of(used),
        edge=edge,
        size=size,
        stored=stored_size(size, edge),
    )


def _check(examples: Sequence[Example], classes: Sequence[str]) -> None:
    if len(classes) < 2:
        raise NotTrainable(f"The task has {len(classes)} class; a model needs at least 2 to tell apart, so add one.")
    counts = [0] * len(classes)
    for one in examples:
        if not 0 <= one.label < len(classes):
            raise NotTrainable(
                f"Image {one.key} has label {one.label}, outside the {len(classes)} classes; freeze again."
            )
        if not (math.isfinite(one.weight) and one.weight >= 0):
            raise NotTrainable(f"Image {one.key} has weight {one.weight}; weights are 0 or more, so freeze again.")
        counts[one.label] += one.split == "train" and one.repeats > 0 and one.weight > 0
    for title, count in zip(classes, counts, strict=True):
        if not count:
            raise NotTrainable(f"No training image shows class '{title}'; label more of it and freeze again.")
    if not any(one.split in ("val", "test") for one in examples):
        raise NotTrainable(
            "The snapshot has neither validation nor test images, so nothing could judge the model; "
            "freeze again with a share for them."
        )
