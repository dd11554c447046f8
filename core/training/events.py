"""Events of a running training."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Log:
    """A line for the run's log."""

    text: str


@dataclass(frozen=True, slots=True)
class WindowChosen:
    """Level and width of the window at which all grey images are read, in modality values."""

    center: float
    width: float


@dataclass(frozen=True, slots=True)
class Step:
    """Progress within an epoch, at most a few times a second. Epochs and steps count from 1."""

    epoch: int
    step: int
    steps: int
    loss: float


@dataclass(frozen=True, slots=True)
class EpochDone:
    """An epoch is complete and saved; its files were reported before.

    Undefined values (AUROC of one class) are left out of `metrics`. Names: train_loss, val_loss, val_accuracy,
    val_auroc, learning_rate, images_per_second, data_wait_share.
    """

    epoch: int
    epochs: int
    metrics: Mapping[str, float]
    is_best: bool


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """The file of `kind` ("best" or "last") now contains that epoch; `sha256` is that of the file."""

    kind: str
    epoch: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The training is complete. `images_per_second` counts training images; `data_wait_share` is from 0 to 1."""

    epochs: int
    best_epoch: int
    device: str
    images_per_second: float
    data_wait_share: float


Event = Log | WindowChosen | Step | EpochDone | CheckpointSaved | Finished
