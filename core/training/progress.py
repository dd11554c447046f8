"""Progress of a training, and its best epoch."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.training.epoch import EpochStats


@dataclass
class TrainingProgress:
    """State of a training. `best` holds one entry: the deciding metric and its best value so far."""

    epoch: int = 0
    best_epoch: int = 0
    best: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    falls: int = 0  # reductions of the learning rate on a plateau
    fell: int = 0  # epoch of the last reduction
    saved: dict[str, str] = field(default_factory=dict)  # "best", "last" → sha256
    images: int = 0
    seconds: float = 0.0
    waited: float = 0.0

    def improves(self, metrics: Mapping[str, float], monitor: str = "val_auroc") -> bool:
        """Return whether this epoch is the best by the monitored metric, else by validation loss, else always."""
        name = next((key for key in (monitor, "val_loss") if key in metrics), "")
        if name not in self.best:
            self.best = {name: metrics.get(name, 0.0)}
            return True
        sign = -1 if name == "val_loss" else 1
        better = not name or sign * metrics[name] > sign * self.best[name]
        if better:
            self.best = {name: metrics.get(name, 0.0)}
        return better

    def add(self, stats: EpochStats) -> None:
        """Add the statistics of an epoch."""
        self.images, self.seconds = self.images + stats.images, self.seconds + stats.seconds
        self.waited += stats.waited
