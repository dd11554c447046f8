"""One epoch over the training cases."""

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

REPORT_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class EpochStats:
    """Statistics of an epoch: mean loss, cases seen, total seconds, and seconds waiting for pixels."""

    loss: float
    images: int
    seconds: float
    waited: float


def train_one_epoch(
    trainer: Trainer,
    preprocess: Preprocess,
    cache: BatchSource,
    plan: Plan,
    *,
    epoch: int,
    falls: int = 0,
    ema: ExponentialMovingAverage | None = None,
) -> Generator[Step | Log, None, EpochStats]:
    """Train on every training case `repeats` times. All randomness is a function of (seed, epoch).

    `lr_drops` is how often a plateau has lowered the learning rate; `ema` follows the weights.

    Raises:
        UserError: the loss is not finite.
    """
    spec = trainer.spec
    trainer.module.train()
    set_frozen_eval(trainer.module)
    torch.manual_seed(_seed(spec.seed, epoch))  # dropout's; the loop owns its process
    generator = torch.Generator().manual_seed(_seed(spec.seed, epoch)) if spec.augment != "none" else None
    rows = epoch_order(plan.train, seed=spec.seed, epoch=epoch, sampling_weights=plan.sampling_weights)
    batches = split_batches(rows, spec.batch_size)
    fetcher, total = Fetcher(cache.read), torch.zeros((), device=preprocess.device)
    started = last_report = time.perf_counter()
    for step, (batch_rows, batch) in enumerate(zip(batches, fetcher.fetch(batches), strict=True), start=1):
        set_learning_rate(
            trainer.optimizer, learning_rate(spec, (epoch - 1 + (step - 1) / len(batches)) / spec.epochs, drops=falls)
        )
        loss = yield from trainer.step(_prepare_batch(preprocess, plan, batch_rows, batch, generator))
        if ema:
            ema.update(trainer.module)
        total += loss * len(batch_rows)
        now = time.perf_counter()
        if step in (1, len(batches)) or now - last_report > REPORT_EVERY_S:
            last_report = now
            yield Step(epoch, step, len(batches), _finite(float(loss), epoch=epoch, spec=spec))
    mean = _finite(float(total) / len(rows), epoch=epoch, spec=spec)
    return EpochStats(mean, len(rows), time.perf_counter() - started, fetcher.waited)


def _prepare_batch(
    preprocess: Preprocess, plan: Plan, rows: Rows, batch: Batch, generator: torch.Generator | None
) -> DeviceBatch:
    def to_device(values: np.ndarray) -> Tensor:
        return to_device_async(torch.from_numpy(values[rows]), preprocess.device)

    images, targets, weights = (
        to_model_input(preprocess, batch, generator=generator),
        to_device(plan.targets),
        to_device(plan.weights),
    )
    if generator is None or not preprocess.amounts.mixup:
        return DeviceBatch(images, targets, weights)
    blended, mixup_targets, mixup_lambda = mixup(images, targets, generator, preprocess.amounts.mixup)
    return DeviceBatch(blended, targets, weights, mixup_targets, mixup_lambda)


def _seed(seed: int, epoch: int) -> int:
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])


def _finite(loss: float, *, epoch: int, spec: TrainSpec) -> float:
    if not np.isfinite(loss):
        raise UserError(
            f"The loss in epoch {epoch} is not finite at learning rate {spec.learning_rate:g}; train again with a "
            f"lower one, such as {spec.learning_rate / 10:g}, or with gradient clipping (clip_norm 1)."
        )
    return loss
