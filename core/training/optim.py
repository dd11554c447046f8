"""Optimizers and learning-rate schedules. The rate is a function of progress, so nothing of it is saved."""

import inspect
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
"""torch's class and the options that differ from its defaults; `weight_decay` is L2, decoupled for AdamW."""

PATIENCE = 5  # epochs without improvement before a plateau lowers the rate
CYCLES = 3  # of cosine with restarts
FLOOR = 1e-3  # relative rate at the end of an exponential, and at both ends of a one-cycle
PEAK = 0.3  # position of the peak of a one-cycle

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
"""Relative learning rate by the fraction of steps done; a plateau is lowered in `loop._reduce_lr_on_plateau`."""


def build_optimizer(module: nn.Module, spec: TrainSpec) -> Optimizer:
    """Build the optimizer of the spec, over the trainable parameters."""
    rule, options = OPTIMIZERS[spec.optimizer]
    parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
    return _without_compiler(rule)(parameters, lr=spec.learning_rate, weight_decay=spec.weight_decay, **options)


def _without_compiler(rule: Rule) -> Rule:
    """Return torch's class without the wrappers that keep a compiler off its methods.

    At the first call they import that compiler, a second for every process; ours compiles the network alone.
    """
    wrapped = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")
    methods = {name: inspect.unwrap(getattr(rule, name)) for name in wrapped}
    step = torch.no_grad()(inspect.unwrap(rule.step))  # type: ignore[attr-defined]
    return type(rule.__name__, (rule,), {**methods, "step": step})  # type: ignore[arg-type]


def learning_rate(spec: TrainSpec, progress: float, *, drops: int = 0) -> float:
    """Return the learning rate at a fraction `progress` of all steps (0 to 1), after `drops` reductions on a plateau.

    The warm-up rises linearly from a hundredth over its epochs; the schedule covers the rest.
    """
    warmup = min(1.0, spec.warmup / spec.epochs)
    if progress < warmup:
        return spec.learning_rate * (0.01 + 0.99 * progress / warmup)
    rest = (progress - warmup) / (1.0 - warmup) if warmup < 1.0 else 0.0
    return float(spec.learning_rate * SCHEDULES[spec.schedule](rest) * 0.1**drops)


def set_learning_rate(optimizer: Optimizer, rate: float) -> None:
    """Set the learning rate of the next step."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def l1_norm(weights: Iterable[Tensor]) -> Tensor:
    """Return the sum of absolute weights for an L1 penalty, without biases and norms."""
    return torch.stack([one.abs().sum() for one in weights if one.ndim > 1]).sum()


def _one_cycle(progress: float) -> float:
    """Return the one-cycle rate, rising then falling as a cosine (Smith & Topin 2019)."""
    if progress < PEAK:
        return FLOOR + (1 - FLOOR) * (1 - math.cos(math.pi * progress / PEAK)) / 2
    return FLOOR + (1 - FLOOR) * (1 + math.cos(math.pi * (progress - PEAK) / (1 - PEAK))) / 2
