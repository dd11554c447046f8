"""One pass: over the training images to learn, over others to judge."""

import time
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor, nn

from core.errors import UserError
from core.evaluation.metrics import auroc
from core.training.augment import Prepare
from core.training.average import Average
from core.training.batches import Fetcher, Rows, batches_of, shuffled
from core.training.cache import PixelCache
from core.training.events import Log, Step
from core.training.losses import LOSSES
from core.training.optim import Optimizer, l1_of, learning_rate, set_rate
from core.training.plan import Plan
from core.training.spec import TrainSpec

TELL_EVERY_S = 0.5
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
class Passed:
    """An epoch of learning: mean loss, images shown, seconds in all and seconds waiting for pixels."""

    loss: float
    images: int
    seconds: float
    waited: float


def train_one_epoch(
    module: nn.Module, optimizer: Optimizer, prepare: Prepare, cache: PixelCache, plan: Plan, spec: TrainSpec, *,
    epoch: int, falls: int = 0, average: Average | None = None, parts: Parts | None = None,
) -> Generator[Step | Log, None, Passed]:  # fmt: skip
    """Show every training image `repeats` times. All chance comes from (seed, epoch).

    `falls` is how often a plateau has lowered the rate, `average` follows the weights, `parts` is into how many pieces
    a batch is cut where the GPU's memory is too small for it whole.

    Raises:
        UserError: the loss is no longer a number.
    """
    parts = parts or Parts()
    module.train()
    torch.manual_seed(_seed(spec.seed, epoch))  # dropout's; the loop owns its process
    chance = torch.Generator().manual_seed(_seed(spec.seed, epoch)) if spec.augment != "none" else None
    batches = batches_of(shuffled(plan.train, seed=spec.seed, epoch=epoch), spec.batch_size)
    fetcher, total = Fetcher(cache.pixels), torch.zeros((), device=prepare.device)
    started = told = time.perf_counter()
    for step, (rows, pixels) in enumerate(zip(batches, fetcher.fetch(batches), strict=True), start=1):
        set_rate(optimizer, learning_rate(spec, (epoch - 1 + (step - 1) / len(batches)) / spec.epochs, falls=falls))
        images = prepare(torch.from_numpy(pixels), chance=chance)
        targets = _targets(plan, rows, prepare.device)
        loss = yield from _learn(module, optimizer, images, *targets, spec=spec, parts=parts)
        if average:
            average.update(module)
        total += loss * len(rows)
        now = time.perf_counter()
        if step in (1, len(batches)) or now - told > TELL_EVERY_S:
            told = now
            yield Step(epoch, step, len(batches), _finite(float(loss), epoch=epoch, spec=spec))
    mean = _finite(float(total) / len(plan.train), epoch=epoch, spec=spec)
    return Passed(mean, len(plan.train), time.perf_counter() - started, fetcher.waited)


@torch.inference_mode()
def evaluate(
    module: nn.Module, prepare: Prepare, cache: PixelCache, plan: Plan, *, batch_size: int
) -> dict[str, float]:
    """val_loss, val_accuracy and, where it is defined, val_auroc; {} without validation images."""
    if not len(plan.val):
        return {}
    module.eval()
    batches = batches_of(plan.val, batch_size)
    logits = [
        logits_of(module, prepare(torch.from_numpy(pixels))) for pixels in Fetcher(cache.pixels).fetch(batches)
    ]  # fmt: skip
    scores, labels = torch.cat(logits).cpu(), torch.from_numpy(plan.labels[plan.val])
    found = {
        "val_loss": float(F.cross_entropy(scores, labels)),
        "val_accuracy": float((scores.argmax(dim=1) == labels).float().mean()),
    }
    area = macro_auroc(scores.softmax(dim=1).double().numpy(), labels.numpy())
    return found if area is None else {**found, "val_auroc": area}


def logits_of(module: nn.Module, images: Tensor) -> Tensor:
    """Logits (B, classes) float32; bfloat16 inside on a GPU."""
    with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=images.device.type == "cuda"):
        logits: Tensor = module(images)
    return logits.float()


def macro_auroc(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> float | None:
    """By ranks; of two classes that of the last, of more the mean of each against the rest. None where undefined."""
    classes = range(probabilities.shape[1]) if probabilities.shape[1] > 2 else [1]
    areas = [auroc(probabilities[:, one], labels == one) for one in classes]
    defined = [area for area in areas if area is not None]
    return float(np.mean(defined)) if defined else None


def _targets(plan: Plan, rows: Rows, device: torch.device) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(plan.labels[rows]).to(device), torch.from_numpy(plan.weights[rows]).to(device)


def _learn(
    module: nn.Module, optimizer: Optimizer, images: Tensor, labels: Tensor, weights: Tensor, *, spec: TrainSpec,
    parts: Parts,
) -> Generator[Log, None, Tensor]:  # fmt: skip
    """One step; a batch that the memory is too small for is cut into more parts, the step stays the same."""
    while True:
        try:
            loss = _gradients(module, optimizer, images, labels, weights, spec=spec, count=parts.count)
            break
        except torch.OutOfMemoryError:
            if not parts.may_double(len(images)):
                raise
        yield parts.doubled(len(images))
    if spec.clip_norm:
        nn.utils.clip_grad_norm_(module.parameters(), spec.clip_norm)
    optimizer.step()
    return loss


def _gradients(
    module: nn.Module, optimizer: Optimizer, images: Tensor, labels: Tensor, weights: Tensor, *, spec: TrainSpec,
    count: int,
) -> Tensor:  # fmt: skip
    """Of the whole batch's loss, summed over its parts."""
    optimizer.zero_grad(set_to_none=True)
    rule, total, whole = LOSSES[spec.loss], torch.zeros((), device=images.device), weights.sum().clamp_min(1e-12)
    for some, theirs, share in zip(images.chunk(count), labels.chunk(count), weights.chunk(count), strict=True):
        each = rule(logits_of(module, some), theirs, smoothing=spec.label_smoothing, gamma=spec.gamma)
        loss = (each * share).sum() / whole
        if spec.l1:
            loss = loss + spec.l1 * l1_of(module.parameters()) * len(some) / len(images)
        loss.backward()  # type: ignore[no-untyped-call]
        total += loss.detach()
    return total


def _seed(seed: int, epoch: int) -> int:
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])


def _finite(loss: float, *, epoch: int, spec: TrainSpec) -> float:
    if not np.isfinite(loss):
        raise UserError(
            f"The loss of epoch {epoch} is no longer a number at learning rate {spec.learning_rate:g}; train again "
            f"with a lower one, such as {spec.learning_rate / 10:g}, or with gradient clipping (clip_norm 1)."
        )
    return loss
