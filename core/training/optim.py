"""Optimizers and learning rates. The rate is a function of the epoch, so that nothing of it needs to be saved."""

import math
from collections.abc import Callable

import torch
from torch import nn

from core.training.spec import TrainSpec

Optimizer = torch.optim.Optimizer


def _adam(module: nn.Module, spec: TrainSpec) -> Optimizer:
    return torch.optim.Adam(module.parameters(), lr=spec.learning_rate, weight_decay=spec.weight_decay)


def _adamw(module: nn.Module, spec: TrainSpec) -> Optimizer:
    return torch.optim.AdamW(module.parameters(), lr=spec.learning_rate, weight_decay=spec.weight_decay)


def _sgd(module: nn.Module, spec: TrainSpec) -> Optimizer:
    return torch.optim.SGD(module.parameters(), lr=spec.learning_rate, weight_decay=spec.weight_decay, momentum=0.9,
                           nesterov=True)  # fmt: skip


OPTIMIZERS: dict[str, Callable[[nn.Module, TrainSpec], Optimizer]] = {"adam": _adam, "adamw": _adamw, "sgd": _sgd}

SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda done: 1.0,  # noqa: ARG005
    "step": lambda done: 1.0 if done < 0.5 else 0.1 if done < 0.75 else 0.01,
    "cosine": lambda done: (1 + math.cos(math.pi * done)) / 2,
}
"""Share of the learning rate by the share of epochs done before this one."""


def optimizer_of(module: nn.Module, spec: TrainSpec) -> Optimizer:
    """The optimizer that the spec names."""
    return OPTIMIZERS[spec.optimizer](module, spec)


def learning_rate(spec: TrainSpec, epoch: int) -> float:
    """The rate of an epoch, counted from 1."""
    return spec.learning_rate * SCHEDULES[spec.schedule]((epoch - 1) / spec.epochs)
