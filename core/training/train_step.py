"""One step of learning: the loss of a batch, its gradient, the optimizer; in parts where the memory is too small."""

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
    """Into how many pieces a batch is cut: the gradient is the whole batch's, batch norm sees a piece."""

    count: int = 1

    def may_double(self, images: int) -> bool:
        """Whether smaller pieces are left to try."""
        return self.count < 2**MOST_CUTS and images >= 2 * self.count * 2

    def doubled(self, images: int) -> Log:
        """Cut once more, and say so."""
        self.count *= 2
        return Log(
            f"The GPU's memory is too small for {images} images at once: going on in {self.count} parts of "
            f"{-(-images // self.count)}, which are added up to the same step."
        )


@dataclass(frozen=True, slots=True)
class DeviceBatch:
    """A batch on the device: `images` as the network sees them, `targets` (B, targets), `weights` (B,).

    Where cases are blended, `others` (B, targets) are what was blended in, by 1 - `share` (B,).
    """

    images: Tensor
    targets: Tensor
    weights: Tensor
    others: Tensor | None = None
    share: Tensor | None = None

    def chunk(self, count: int) -> "list[DeviceBatch]":
        """The batch in so many parts, but none of one case: batch norm cannot learn from one."""
        count = max(1, min(count, len(self.images) // 2))
        if count == 1:
            return [self]
        whole = (self.images, self.targets, self.weights, self.others, self.share)
        cut = [[None] * count if one is None else one.tensor_split(count) for one in whole]
        return [DeviceBatch(*part) for part in zip(*cut, strict=True)]


@dataclass
class Trainer:
    """What learns: the network, how it is called while it learns (it may be compiled), and by what rule."""

    module: nn.Module
    call: Call
    optimizer: Optimizer
    heads: Sequence[Head]
    spec: TrainSpec
    precision: Precision
    parts: MicroBatches = field(default_factory=MicroBatches)

    def step(self, seen: DeviceBatch) -> Generator[Log, None, Tensor]:
        """One step, and its loss; a batch that the memory is too small for is cut into more parts, the step stays."""
        while True:
            try:
                loss = self.gradients(seen)
                break
            except torch.OutOfMemoryError:
                if not self.parts.may_double(len(seen.images)):
                    raise
            yield self.parts.doubled(len(seen.images))
        self.precision.step(self.module, self.optimizer, clip=self.spec.clip_norm)
        return loss

    def gradients(self, seen: DeviceBatch) -> Tensor:
        """Of the whole batch's loss, summed over its parts."""
        self.optimizer.zero_grad(set_to_none=True)
        total = torch.zeros((), device=seen.images.device)
        shares = _loss_weights(self.heads, seen)
        whole, parts = shares.sum(dim=0).clamp_min(1e-12), seen.chunk(self.parts.count)
        for part, own in zip(parts, shares.tensor_split(len(parts)), strict=True):
            loss = ((self._losses(part) * own).sum(dim=0) / whole).mean()
            if self.spec.l1:
                loss = loss + self.spec.l1 * l1_norm(self.module.parameters()) * len(part.images) / len(seen.images)
            self.precision.backward(loss)
            total += loss.detach()
        return total

    def _losses(self, seen: DeviceBatch) -> Tensor:
        logits = forward_logits(self.call, seen.images, self.precision.kind)
        each = head_losses(self.heads, logits, seen.targets, self.spec)
        if seen.others is None or seen.share is None:
            return each
        others = head_losses(self.heads, logits, seen.others, self.spec)
        return seen.share[:, None] * each + (1 - seen.share[:, None]) * others


def total_loss(heads: Sequence[Head], logits: Tensor, targets: Tensor, weights: Tensor, spec: TrainSpec) -> Tensor:
    """The loss of a batch, a scalar: the mean of its heads, of each that of the known cases by weight."""
    return weighted_mean(head_losses(heads, logits, targets, spec), known_mask(heads, targets) * weights[:, None])


def forward_logits(call: Call, images: Tensor, kind: torch.dtype | None = None) -> Tensor:
    """Outputs (B, outputs) float32; inside in that kind, by default what the device is quickest in."""
    with autocast(images.device, kind or resolve_dtype("auto", images.device)):
        return call(images).float()


def _loss_weights(heads: Sequence[Head], seen: DeviceBatch) -> Tensor:
    """The weight of each case in each head's loss (B, heads): 0 where its answer is unknown."""
    return known_mask(heads, seen.targets) * seen.weights[:, None]
