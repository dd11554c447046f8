"""Exponential moving average of the weights, which is validated and saved instead of the last step's weights."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

State = dict[str, Tensor]


class ExponentialMovingAverage:
    """decay · average + (1 - decay) · weights after each step (Polyak & Juditsky 1992).

    The decay is lower in early steps.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        """Start from the current weights of a module."""
        self.decay, self.steps = decay, 0
        self.state = copy_state(module)
        self.raw_weights: State | None = None  # the module's own weights while the average is applied

    def load(self, state: State, steps: int) -> None:
        """Continue from a saved average, on the device of this one."""
        self.steps = steps
        for name, tensor in self.state.items():
            tensor.copy_(state[name])

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Include the weights of a step; integer buffers (batch counts) are copied."""
        self.steps += 1
        weight = 1.0 - min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, tensor in module.state_dict().items():
            if tensor.is_floating_point():
                self.state[name].lerp_(tensor, weight)
            else:
                self.state[name].copy_(tensor)

    @contextmanager
    def applied_to(self, module: nn.Module) -> Iterator[None]:
        """Put the average in place of the module's own weights."""
        self.raw_weights = copy_state(module)
        module.load_state_dict(self.state)
        try:
            yield
        finally:
            module.load_state_dict(self.raw_weights)
            self.raw_weights = None


def copy_state(module: nn.Module) -> State:
    """Return a copy of the module's weights and buffers."""
    return {name: one.detach().clone() for name, one in module.state_dict().items()}
