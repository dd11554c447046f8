"""How far a training is, and which epoch was its best."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.training.epoch import EpochStats


@dataclass
class TrainingProgress:
    """Where a training stands. `best` holds one entry: the metric that decides and its best value so far."""

    epoch: int = 0
    best_epoch: int = 0
    best: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    falls: int = 0  # of the rate on a plateau
    fell: int = 0  # the epoch after which it did last
    saved: dict[str, str] = field(default_factory=dict)  # "best", "last" → sha256
    images: int = 0
    seconds: float = 0.0
    waited: float = 0.0

    def improves(self, metrics: Mapping[str, float], judge: str = "val_auroc") -> bool:
        """By the figure on validation that was asked for, else by its loss, else the newest is the best."""
        name = next((one for one in (judge, "val_loss") if one in metrics), "")
        if name not in self.best:
            self.best = {name: metrics.get(name, 0.0)}
            return True
        sign = -1 if name == "val_loss" else 1
        better = not name or sign * metrics[name] > sign * self.best[name]
        if better:
            self.best = {name: metrics.get(name, 0.0)}
        return better

    def add(self, passed: EpochStats) -> None:
        """Count an epoch's work."""
        self.images, self.seconds = self.images + passed.images, self.seconds + passed.seconds
        self.waited += passed.waited
