"""Mixed precision: bfloat16 or float16 where the device is faster with it; weights stay float32."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.training.optim import Optimizer

KINDS = {"float32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def resolve_dtype(setting: str, device: torch.device) -> torch.dtype:
    """Return the dtype of "auto", "float32", "bf16" or "fp16" on the device: bfloat16 on a GPU, fp16 on an old one."""
    if setting in KINDS:
        return KINDS[setting]
    if device.type != "cuda":
        return torch.float32  # CPUs without bf16 instructions are slower with it
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


@contextmanager
def autocast(device: torch.device, kind: torch.dtype) -> Iterator[None]:
    """Run matrix products and convolutions in that dtype; sums, norms and losses stay in float32."""
    with torch.autocast(device.type, dtype=kind, enabled=kind is not torch.float32):
        yield


@dataclass(frozen=True, slots=True)
class Precision:
    """The dtype of the training steps. `scaler` scales gradients into the range of fp16; None where not needed."""

    kind: torch.dtype
    scaler: torch.amp.GradScaler | None

    @classmethod
    def of(cls, setting: str, device: torch.device) -> "Precision":
        """Build from the setting, on that device."""
        kind = resolve_dtype(setting, device)
        return cls(kind, torch.amp.GradScaler(device.type) if kind is torch.float16 else None)

    def backward(self, loss: Tensor) -> None:
        """Compute the gradient of a loss, scaled where needed."""
        (self.scaler.scale(loss) if self.scaler else loss).backward()  # type: ignore[no-untyped-call]

    def step(self, module: nn.Module, optimizer: Optimizer, *, clip: float = 0.0) -> None:
        """Take an optimizer step with gradients clipped to norm `clip` (0: no clipping).

        Skipped where gradients overflow.
        """
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
        """Return the state for resuming."""
        return self.scaler.state_dict() if self.scaler else {}

    def load(self, state: dict[str, float]) -> None:
        """Restore a saved scale, if the device needs one."""
        if self.scaler and state:
            self.scaler.load_state_dict(state)
