"""One training step: loss, gradient, optimizer; in micro-batches where memory is too small."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from core.models.heads import Head
from core.training.compilation import Call
from core.training.events import Log
from core.training.losses import head_losses, known_mask, weighted_mean
from core.training.mixed_precision import Precision, autocast, resolve_dtype
from core.training.optim import Optimizer, l1_norm
from core.training.spec import TrainSpec

MOST_CUTS = 4  # halvings of a batch


@dataclass
class MicroBatches:
    """Number of micro-batches: the gradient is that of the whole batch, batch norm sees a micro-batch."""

    count: int = 1

    def may_double(self, images: int) -> bool:
        """Return whether smaller micro-batches are possible."""
        return self.count < 2**MOST_CUTS and images >= 2 * self.count * 2

    def doubled(self, images: int) -> Log:
        """Double the number of micro-batches and return the log line about it."""
        self.count *= 2
        return Log(
            f"Not enough GPU memory for {images} images at once: continuing with {self.count} micro-batches of "
            f"{-(-images // self.count)}, accumulated to the same step."
        )


@dataclass(frozen=True, slots=True)
class DeviceBatch:
    """A batch on the device: `images` as the network sees them, `targets` (B, targets), `weights` (B,).

    With mixup, `mixup_targets` (B, targets) are those of the blended cases and `mixup_lambda` (B,) the weight of the
    case itself.
    """

    images: Tensor
    targets: Tensor
    weights: Tensor
    mixup_targets: Tensor | None = None
    mixup_lambda: Tensor | None = None

    def chunk(self, count: int) -> "list[DeviceBatch]":
        """Split into at most `count` micro-batches of at least two cases, which batch norm needs."""
        count = max(1, min(count, len(self.images) // 2))
        if count == 1:
            return [self]
        columns = (self.images, self.targets, self.weights, self.mixup_targets, self.mixup_lambda)
        chunks = [[None] * count if column is None else column.tensor_split(count) for column in columns]
        return [DeviceBatch(*part) for part in zip(*chunks, strict=True)]


@dataclass
class Trainer:
    """The network, how it is called in training (possibly compiled), its optimizer and loss settings."""

    module: nn.Module
    call: Call
    optimizer: Optimizer
    heads: Sequence[Head]
    spec: TrainSpec
    precision: Precision
    parts: MicroBatches = field(default_factory=MicroBatches)

    def step(self, batch: DeviceBatch) -> Generator[Log, None, Tensor]:
        """Take one step and return its loss.

        If memory is too small, the batch is split further and the step repeated.
        """
        while True:
            try:
                loss = self.gradients(batch)
                break
            except torch.OutOfMemoryError:
                if not self.parts.may_double(len(batch.images)):
                    raise
            yield self.parts.doubled(len(batch.images))
        self.precision.step(self.module, self.optimizer, clip=self.spec.clip_norm)
        return loss

    def gradients(self, batch: DeviceBatch) -> Tensor:
        """Accumulate the gradient of the whole batch's loss over micro-batches, and return the loss."""
        self.optimizer.zero_grad(set_to_none=True)
        total = torch.zeros((), device=batch.images.device)
        case_weights = _loss_weights(self.heads, batch)
        total_weight, parts = case_weights.sum(dim=0).clamp_min(1e-12), batch.chunk(self.parts.count)
        for part, part_weights in zip(parts, case_weights.tensor_split(len(parts)), strict=True):
            loss = ((self._losses(part) * part_weights).sum(dim=0) / total_weight).mean()
            if self.spec.l1:
                loss = loss + self.spec.l1 * l1_norm(self.module.parameters()) * len(part.images) / len(batch.images)
            self.precision.backward(loss)
            total += loss.detach()
        return total

    def _losses(self, batch: DeviceBatch) -> Tensor:
        logits = forward_logits(self.call, batch.images, self.precision.kind)
        losses = head_losses(self.heads, logits, batch.targets, self.spec)
        if batch.mixup_targets is None or batch.mixup_lambda is None:
            return losses
        mixup_losses = head_losses(self.heads, logits, batch.mixup_targets, self.spec)
        return batch.mixup_lambda[:, None] * losses + (1 - batch.mixup_lambda[:, None]) * mixup_losses


def total_loss(heads: Sequence[Head], logits: Tensor, targets: Tensor, weights: Tensor, spec: TrainSpec) -> Tensor:
    """Return the loss of a batch, a scalar: the mean over heads of the weighted mean over known cases."""
    return weighted_mean(head_losses(heads, logits, targets, spec), known_mask(heads, targets) * weights[:, None])


def forward_logits(call: Call, images: Tensor, kind: torch.dtype | None = None) -> Tensor:
    """Return the outputs (B, outputs) float32, computed in that dtype, by default the device's fastest."""
    with autocast(images.device, kind or resolve_dtype("auto", images.device)):
        return call(images).float()


def _loss_weights(heads: Sequence[Head], batch: DeviceBatch) -> Tensor:
    """Return the weight of each case in each head's loss (B, heads), 0 where unknown."""
    return known_mask(heads, batch.targets) * batch.weights[:, None]
