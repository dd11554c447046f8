"""One step of learning: the loss of a batch, its gradient, the optimizer; in parts where the memory is too small."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.models.heads import Head
from core.training.events import Log
from core.training.losses import known, losses_of, weighted
from core.training.optim import Optimizer, l1_of
from core.training.spec import TrainSpec

MOST_CUTS = 4  # halvings of a batch


@dataclass
class Parts:
    """Into how many pieces a batch is cut: the gradient is the whole batch's, batch norm sees a piece."""

    count: int = 1

    def may_double(self, images: int) -> bool:
        """Whether smaller pieces are left to try."""
        return self.count < 2**MOST_CUTS and images >= 2 * self.count * 2

    def doubled(self, images: int) -> Log:
        """Cut once more, and say so."""
        self.count *= 2
        return Log(f"The GPU's memory is too small for {images} images at once: going on in {self.count} parts of "
                   f"{-(-images // self.count)}, which are added up to the same step.")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """A batch on the device: `images` as the network sees them, `targets` (B, targets), `weights` (B,).

    Where cases are blended, `others` (B, targets) are what was blended in, by 1 - `share` (B,).
    """

    images: Tensor
    targets: Tensor
    weights: Tensor
    others: Tensor | None = None
    share: Tensor | None = None

    def chunk(self, count: int) -> "list[Seen]":
        """The batch in so many parts."""
        cut = [None if one is None else one.chunk(count) for one in (self.others, self.share)]
        others, share = (one or [None] * count for one in cut)
        parts = zip(self.images.chunk(count), self.targets.chunk(count), self.weights.chunk(count), others, share,
                    strict=False)  # fmt: skip
        return [Seen(*part) for part in parts]


def learn(
    module: nn.Module, optimizer: Optimizer, seen: Seen, *, heads: Sequence[Head], spec: TrainSpec, parts: Parts
) -> Generator[Log, None, Tensor]:
    """One step, and its loss; a batch that the memory is too small for is cut into more parts, the step stays."""
    while True:
        try:
            loss = gradients(module, optimizer, seen, heads=heads, spec=spec, count=parts.count)
            break
        except torch.OutOfMemoryError:
            if not parts.may_double(len(seen.images)):
                raise
        yield parts.doubled(len(seen.images))
    if spec.clip_norm:
        nn.utils.clip_grad_norm_(module.parameters(), spec.clip_norm)
    optimizer.step()
    return loss


def gradients(
    module: nn.Module, optimizer: Optimizer, seen: Seen, *, heads: Sequence[Head], spec: TrainSpec, count: int
) -> Tensor:
    """Of the whole batch's loss, summed over its parts."""
    optimizer.zero_grad(set_to_none=True)
    total, whole = torch.zeros((), device=seen.images.device), _counted(heads, seen)
    for part in seen.chunk(count):
        loss = ((_losses(heads, module, part, spec) * _shares(heads, part)).sum(dim=0) / whole).mean()
        if spec.l1:
            loss = loss + spec.l1 * l1_of(module.parameters()) * len(part.images) / len(seen.images)
        loss.backward()  # type: ignore[no-untyped-call]
        total += loss.detach()
    return total


def loss_of(heads: Sequence[Head], logits: Tensor, targets: Tensor, weights: Tensor, spec: TrainSpec) -> Tensor:
    """The loss of a batch, a scalar: the mean of its heads, of each that of the known cases by weight."""
    return weighted(losses_of(heads, logits, targets, spec), known(heads, targets) * weights[:, None])


def logits_of(module: nn.Module, images: Tensor) -> Tensor:
    """Outputs (B, outputs) float32; bfloat16 inside on a GPU."""
    with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=images.device.type == "cuda"):
        logits: Tensor = module(images)
    return logits.float()


def _shares(heads: Sequence[Head], seen: Seen) -> Tensor:
    """The weight of each case in each head's loss (B, heads): 0 where its answer is unknown."""
    return known(heads, seen.targets) * seen.weights[:, None]


def _counted(heads: Sequence[Head], seen: Seen) -> Tensor:
    return _shares(heads, seen).sum(dim=0).clamp_min(1e-12)


def _losses(heads: Sequence[Head], module: nn.Module, seen: Seen, spec: TrainSpec) -> Tensor:
    logits = logits_of(module, seen.images)
    each = losses_of(heads, logits, seen.targets, spec)
    if seen.others is None or seen.share is None:
        return each
    return seen.share[:, None] * each + (1 - seen.share[:, None]) * losses_of(heads, logits, seen.others, spec)
