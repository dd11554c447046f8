"""A moving average of the weights: what is judged and saved in place of the last step's."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

State = dict[str, Tensor]


class ExponentialMovingAverage:
    """decay · average + (1 - decay) · weights after each step (Polyak & Juditsky 1992); early on with less decay."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        """Of a module as it is now."""
        self.decay, self.steps = decay, 0
        self.state = copy_state(module)
        self.own: State | None = None  # the module's weights while it wears the average

    def load(self, state: State, steps: int) -> None:
        """Go on with an average that was saved, on the device of this one."""
        self.steps = steps
        for name, one in self.state.items():
            one.copy_(state[name])

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Take a step's weights in; what counts (batches seen) is copied."""
        self.steps += 1
        share = 1.0 - min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, one in module.state_dict().items():
            if one.is_floating_point():
                self.state[name].lerp_(one, share)
            else:
                self.state[name].copy_(one)

    @contextmanager
    def applied_to(self, module: nn.Module) -> Iterator[None]:
        """The module with the average in place of its own weights."""
        self.own = copy_state(module)
        module.load_state_dict(self.state)
        try:
            yield
        finally:
            module.load_state_dict(self.own)
            self.own = None


def copy_state(module: nn.Module) -> State:
    """Its weights and buffers, for keeping."""
    return {name: one.detach().clone() for name, one in module.state_dict().items()}
