"""What a training says while it runs."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Log:
    """A sentence for the run's log."""

    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """Progress inside an epoch, a few times a second at most. Epochs and steps count from 1."""

    epoch: int
    step: int
    steps: int
    loss: float


@dataclass(frozen=True, slots=True)
class EpochDone:
    """An epoch is done and on disk; its files were told before.

    What is undefined (AUROC of one class) is left out of `metrics`.
    Names: train_loss, val_loss, val_accuracy, val_auroc, learning_rate, images_per_second, data_wait_share.
    """

    epoch: int
    epochs: int
    metrics: Mapping[str, float]
    is_best: bool


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """The file of `kind` ("best" or "last") now holds that epoch; `sha256` is of the file."""

    kind: str
    epoch: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The training ended well. `images_per_second` counts training images; `data_wait_share` is from 0 to 1."""

    epochs: int
    best_epoch: int
    device: str
    images_per_second: float
    data_wait_share: float


Event = Log | Step | EpochDone | CheckpointSaved | Finished
