"""Optimizers and learning rates. The rate is a function of how much is done: nothing of it needs to be saved."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from core.training.spec import TrainSpec

Optimizer = torch.optim.Optimizer
Rule = Callable[..., Optimizer]

OPTIMIZERS: dict[str, tuple[Rule, dict[str, Any]]] = {
    "sgd": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "adagrad": (torch.optim.Adagrad, {}),
    "rmsprop": (torch.optim.RMSprop, {"alpha": 0.99}),
    "adam": (torch.optim.Adam, {}),
    "adamw": (torch.optim.AdamW, {}),
}
"""Each with torch's own rule and what is set apart from torch's defaults; `weight_decay` is L2, of AdamW decoupled."""

PATIENCE = 5  # epochs without a better one, after which a plateau lowers the rate
CYCLES = 3  # of cosine with restarts
FLOOR = 1e-3  # share of the rate at which an exponential ends, and a one-cycle begins and ends near
PEAK = 0.3  # share of a one-cycle that rises

SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda done: 1.0,  # noqa: ARG005
    "step": lambda done: 1.0 if done < 0.5 else 0.1 if done < 0.75 else 0.01,
    "exponential": lambda done: FLOOR**done,
    "inverse time": lambda done: 1.0 / (1.0 + 9.0 * done),
    "cosine": lambda done: (1 + math.cos(math.pi * done)) / 2,
    "cosine restarts": lambda done: (1 + math.cos(math.pi * ((done * CYCLES) % 1.0))) / 2,
    "one cycle": lambda done: _one_cycle(done),
    "plateau": lambda done: 1.0,  # noqa: ARG005
}
"""Share of the learning rate by the share of steps done; a plateau falls by what validation says, see `Plateau`."""


def build_optimizer(module: nn.Module, spec: TrainSpec) -> Optimizer:
    """The optimizer that the spec names, over what of the module learns."""
    rule, more = OPTIMIZERS[spec.optimizer]
    learning = [one for one in module.parameters() if one.requires_grad]
    return rule(learning, lr=spec.learning_rate, weight_decay=spec.weight_decay, **more)


def learning_rate(spec: TrainSpec, done: float, *, falls: int = 0) -> float:
    """The rate once `done` of all steps are (0 to 1), after so many falls of a plateau.

    A warm-up rises in a line from a hundredth over its epochs; the schedule runs over the rest.
    """
    warm = min(1.0, spec.warmup / spec.epochs)
    if done < warm:
        return spec.learning_rate * (0.01 + 0.99 * done / warm)
    rest = (done - warm) / (1.0 - warm) if warm < 1.0 else 0.0
    return float(spec.learning_rate * SCHEDULES[spec.schedule](rest) * 0.1**falls)


def set_learning_rate(optimizer: Optimizer, rate: float) -> None:
    """The rate of the next step."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def l1_norm(weights: Iterable[Tensor]) -> Tensor:
    """Sum of absolute values of the weights that multiply (no biases, no norms): for an L1 penalty."""
    return torch.stack([one.abs().sum() for one in weights if one.ndim > 1]).sum()


def _one_cycle(done: float) -> float:
    """Up in a cosine, then down in one (Smith & Topin 2019)."""
    if done < PEAK:
        return FLOOR + (1 - FLOOR) * (1 - math.cos(math.pi * done / PEAK)) / 2
    return FLOOR + (1 - FLOOR) * (1 + math.cos(math.pi * (done - PEAK) / (1 - PEAK))) / 2
