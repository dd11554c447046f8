"""How many bits a step multiplies in: half of them where the device is quicker so, the weights stay float32."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.training.optim import Optimizer

KINDS = {"float32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def resolve_dtype(asked: str, device: torch.device) -> torch.dtype:
    """What "auto", "float32", "bf16" or "fp16" means there: a GPU takes bfloat16, an old one without it fp16."""
    if asked in KINDS:
        return KINDS[asked]
    if device.type != "cuda":
        return torch.float32  # a processor without the instructions for it is slower in half of the bits
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


@contextmanager
def autocast(device: torch.device, kind: torch.dtype) -> Iterator[None]:
    """Matrices and convolutions in that kind; sums, norms and losses stay in float32."""
    with torch.autocast(device.type, dtype=kind, enabled=kind is not torch.float32):
        yield


@dataclass(frozen=True, slots=True)
class Precision:
    """The kind of a training's steps. `scaler` lifts gradients into what fp16 can hold; None where none is needed."""

    kind: torch.dtype
    scaler: torch.amp.GradScaler | None

    @classmethod
    def of(cls, asked: str, device: torch.device) -> "Precision":
        """The knob's, on that device."""
        kind = resolve_dtype(asked, device)
        return cls(kind, torch.amp.GradScaler(device.type) if kind is torch.float16 else None)

    def backward(self, loss: Tensor) -> None:
        """The gradient of a loss, scaled where that is needed."""
        (self.scaler.scale(loss) if self.scaler else loss).backward()  # type: ignore[no-untyped-call]

    def step(self, module: nn.Module, optimizer: Optimizer, *, clip: float = 0.0) -> None:
        """The optimizer's step, gradients at most `clip` long (0: any); one whose gradients overflow is left out."""
        if self.scaler:
            self.scaler.unscale_(optimizer)
        if clip:
            nn.utils.clip_grad_norm_(module.parameters(), clip)
        if not self.scaler:
            optimizer.step()
            return
        self.scaler.step(optimizer)
        self.scaler.update()

    def state(self) -> dict[str, float]:
        """What a resumed training needs of it."""
        return self.scaler.state_dict() if self.scaler else {}

    def load(self, state: dict[str, float]) -> None:
        """Go on with a saved scale; none is saved by a device that needs none."""
        if self.scaler and state:
            self.scaler.load_state_dict(state)
