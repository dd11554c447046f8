"""How good a network is on the validation cases: figures by the kind of each head."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.evaluation.metrics import auroc
from core.models.heads import Head, head_slices
from core.training.batching import Fetcher, split_batches
from core.training.gpu_cache import BatchSource
from core.training.output_decoding import decode_outputs
from core.training.pixel_cache import Batch
from core.training.plan import Plan
from core.training.preprocess import Preprocess
from core.training.spec import TrainSpec
from core.training.train_step import forward_logits, total_loss

Floats = NDArray[np.float64]
PLAIN = TrainSpec()  # what judges is not smoothed, nor looks past what is easy


@torch.inference_mode()
def evaluate(
    module: nn.Module,
    prepare: Preprocess,
    cache: BatchSource,
    plan: Plan,
    *,
    batch_size: int,
    kind: torch.dtype | None = None,
) -> dict[str, float]:
    """val_loss, and of each head what is defined; {} without validation cases.

    One class: val_accuracy, val_auroc; ordered ones val_mae too, in classes; findings: val_auroc, their mean; a number:
    val_mae and val_r2, in its unit. Of further heads the task's name stands behind: "val_auroc age".
    """
    if not len(plan.val):
        return {}
    module.eval()
    batches = split_batches(plan.val, batch_size)
    found = [_logits(module, to_model_input(prepare, batch), kind) for batch in Fetcher(cache.read).fetch(batches)]
    logits, targets = torch.cat(found).cpu(), torch.from_numpy(plan.targets[plan.val])
    loss = total_loss(plan.heads, logits, targets, torch.ones(len(targets)), PLAIN)
    return {
        "val_loss": float(loss),
        **metrics_by_head(plan.heads, decode_outputs(plan.heads, logits).numpy(), targets.numpy()),
    }


def to_model_input(prepare: Preprocess, batch: Batch, *, chance: torch.Generator | None = None) -> Tensor:
    """A batch as the network sees it."""
    present = None if batch.present is None else torch.from_numpy(batch.present)
    pixels = batch.pixels if isinstance(batch.pixels, Tensor) else torch.from_numpy(batch.pixels)
    return prepare(pixels, present, chance=chance)


def _logits(module: nn.Module, images: Tensor, kind: torch.dtype | None) -> Tensor:
    """Of one batch; where the GPU's memory is too small for it, of its halves."""
    try:
        return forward_logits(module, images, kind)
    except torch.OutOfMemoryError:
        if len(images) == 1:
            raise
    return torch.cat([_logits(module, half, kind) for half in images.tensor_split(2)])


def metrics_by_head(heads: Sequence[Head], answers: Floats, targets: NDArray[np.floating]) -> dict[str, float]:
    """Of every head: answers (n, answers), targets (n, targets), NaN unknown."""
    found: dict[str, float] = {}
    parts = zip(heads, head_slices(heads, "answers"), head_slices(heads, "targets"), strict=True)
    for number, (head, told, own) in enumerate(parts):
        behind = f" {head.task}" if number else ""
        there = _of_head(head, answers[:, told], targets[:, own].astype(np.float64))
        found |= {f"{name}{behind}": value for name, value in there.items() if value is not None}
    return found


def macro_auroc(probabilities: Floats, labels: NDArray[np.integer]) -> float | None:
    """By ranks; of two classes that of the last, of more the mean of each against the rest. None where undefined."""
    classes = range(probabilities.shape[1]) if probabilities.shape[1] > 2 else [1]
    return _mean([auroc(probabilities[:, one], labels == one) for one in classes])


def _of_head(head: Head, answers: Floats, targets: Floats) -> dict[str, float | None]:
    if head.kind == "multi":
        pairs = zip(answers.T, targets.T, strict=True)
        areas = [auroc(told[~np.isnan(true)], true[~np.isnan(true)] == 1) for told, true in pairs]
        return {"val_auroc": _mean(areas)}
    known = ~np.isnan(targets[:, 0])
    if not known.any():
        return {}
    if head.kind == "number":
        return _of_number(answers[known, 0], targets[known, 0])
    labels, told = targets[known, 0].astype(np.intp), answers[known]
    called = told.argmax(axis=1)
    found = {"val_accuracy": float((called == labels).mean()), "val_auroc": macro_auroc(told, labels)}
    return {**found, "val_mae": float(np.abs(called - labels).mean())} if head.kind == "ordinal" else found


def _of_number(told: Floats, true: Floats) -> dict[str, float | None]:
    """Mean absolute error, and the share of the variance that is explained."""
    spread = float(np.square(true - true.mean()).sum())
    r2 = 1.0 - float(np.square(true - told).sum()) / spread if spread else None
    return {"val_mae": float(np.abs(true - told).mean()), "val_r2": r2}


def _mean(areas: Sequence[float | None]) -> float | None:
    defined = [area for area in areas if area is not None]
    return float(np.mean(defined)) if defined else None
