"""One pass over the training cases."""

import time
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.errors import UserError
from core.models.freeze import set_frozen_eval
from core.training.batching import Fetcher, Rows, epoch_order, split_batches
from core.training.devices import to_device_async
from core.training.ema import ExponentialMovingAverage
from core.training.events import Log, Step
from core.training.gpu_cache import BatchSource
from core.training.intensity_augmentation import mixup
from core.training.optim import learning_rate, set_learning_rate
from core.training.pixel_cache import Batch
from core.training.plan import Plan
from core.training.preprocess import Preprocess
from core.training.spec import TrainSpec
from core.training.train_step import DeviceBatch, Trainer
from core.training.validation import to_model_input

TELL_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class EpochStats:
    """An epoch of learning: mean loss, cases shown, seconds in all and seconds waiting for pixels."""

    loss: float
    images: int
    seconds: float
    waited: float


def train_one_epoch(
    learner: Trainer,
    prepare: Preprocess,
    cache: BatchSource,
    plan: Plan,
    *,
    epoch: int,
    falls: int = 0,
    average: ExponentialMovingAverage | None = None,
) -> Generator[Step | Log, None, EpochStats]:
    """Show every training case `repeats` times. All chance comes from (seed, epoch).

    `falls` is how often a plateau has lowered the rate, `average` follows the weights.

    Raises:
        UserError: the loss is no longer a number.
    """
    spec = learner.spec
    learner.module.train()
    set_frozen_eval(learner.module)
    torch.manual_seed(_seed(spec.seed, epoch))  # dropout's; the loop owns its process
    chance = torch.Generator().manual_seed(_seed(spec.seed, epoch)) if spec.augment != "none" else None
    rows = epoch_order(plan.train, seed=spec.seed, epoch=epoch, chances=plan.chances)
    batches = split_batches(rows, spec.batch_size)
    fetcher, total = Fetcher(cache.read), torch.zeros((), device=prepare.device)
    started = told = time.perf_counter()
    for step, (own, batch) in enumerate(zip(batches, fetcher.fetch(batches), strict=True), start=1):
        set_learning_rate(
            learner.optimizer, learning_rate(spec, (epoch - 1 + (step - 1) / len(batches)) / spec.epochs, falls=falls)
        )
        loss = yield from learner.step(_prepare_batch(prepare, plan, own, batch, chance))
        if average:
            average.update(learner.module)
        total += loss * len(own)
        now = time.perf_counter()
        if step in (1, len(batches)) or now - told > TELL_EVERY_S:
            told = now
            yield Step(epoch, step, len(batches), _finite(float(loss), epoch=epoch, spec=spec))
    mean = _finite(float(total) / len(rows), epoch=epoch, spec=spec)
    return EpochStats(mean, len(rows), time.perf_counter() - started, fetcher.waited)


def _prepare_batch(
    prepare: Preprocess, plan: Plan, rows: Rows, batch: Batch, chance: torch.Generator | None
) -> DeviceBatch:
    def there(values: np.ndarray) -> Tensor:
        return to_device_async(torch.from_numpy(values[rows]), prepare.device)

    images, targets, weights = to_model_input(prepare, batch, chance=chance), there(plan.targets), there(plan.weights)
    if chance is None or not prepare.amounts.mixup:
        return DeviceBatch(images, targets, weights)
    blended, others, share = mixup(images, targets, chance, prepare.amounts.mixup)
    return DeviceBatch(blended, targets, weights, others, share)


def _seed(seed: int, epoch: int) -> int:
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])


def _finite(loss: float, *, epoch: int, spec: TrainSpec) -> float:
    if not np.isfinite(loss):
        raise UserError(
            f"The loss of epoch {epoch} is no longer a number at learning rate {spec.learning_rate:g}; train again "
            f"with a lower one, such as {spec.learning_rate / 10:g}, or with gradient clipping (clip_norm 1)."
        )
    return loss
