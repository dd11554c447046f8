"""Validation of a network during training: metrics by kind of head."""

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
PLAIN = TrainSpec()  # validation uses neither label smoothing nor focal loss


@torch.inference_mode()
def evaluate(
    module: nn.Module,
    preprocess: Preprocess,
    cache: BatchSource,
    plan: Plan,
    *,
    batch_size: int,
    kind: torch.dtype | None = None,
) -> dict[str, float]:
    """Return val_loss and the defined metrics of each head; {} without validation cases.

    Single-label: val_accuracy, val_auroc; ordinal also val_mae, in classes; findings: val_auroc, macro average; a
    number: val_mae and val_r2, in its unit. Names of further heads end in the task: "val_auroc age".
    """
    if not len(plan.val):
        return {}
    module.eval()
    batches = split_batches(plan.val, batch_size)
    logits_of_batches = [
        _logits(module, to_model_input(preprocess, batch), kind) for batch in Fetcher(cache.read).fetch(batches)
    ]
    logits, targets = torch.cat(logits_of_batches).cpu(), torch.from_numpy(plan.targets[plan.val])
    loss = total_loss(plan.heads, logits, targets, torch.ones(len(targets)), PLAIN)
    return {
        "val_loss": float(loss),
        **metrics_by_head(plan.heads, decode_outputs(plan.heads, logits).numpy(), targets.numpy()),
    }


def to_model_input(preprocess: Preprocess, batch: Batch, *, generator: torch.Generator | None = None) -> Tensor:
    """Return a batch as the network sees it."""
    present = None if batch.present is None else torch.from_numpy(batch.present)
    pixels = batch.pixels if isinstance(batch.pixels, Tensor) else torch.from_numpy(batch.pixels)
    return preprocess(pixels, present, generator=generator)


def _logits(module: nn.Module, images: Tensor, kind: torch.dtype | None) -> Tensor:
    """Return the logits of one batch, in halves where GPU memory is too small."""
    try:
        return forward_logits(module, images, kind)
    except torch.OutOfMemoryError:
        if len(images) == 1:
            raise
    return torch.cat([_logits(module, half, kind) for half in images.tensor_split(2)])


def metrics_by_head(heads: Sequence[Head], answers: Floats, targets: NDArray[np.floating]) -> dict[str, float]:
    """Return the metrics of every head: answers (n, answers), targets (n, targets), NaN unknown."""
    metrics: dict[str, float] = {}
    parts = zip(heads, head_slices(heads, "answers"), head_slices(heads, "targets"), strict=True)
    for position, (head, answer_part, target_part) in enumerate(parts):
        suffix = f" {head.task}" if position else ""
        defined = _head_metrics(head, answers[:, answer_part], targets[:, target_part].astype(np.float64))
        metrics |= {f"{name}{suffix}": value for name, value in defined.items() if value is not None}
    return metrics


def macro_auroc(probabilities: Floats, labels: NDArray[np.integer]) -> float | None:
    """Return the AUROC: of the last of two classes, else the one-vs-rest mean. None where undefined."""
    classes = range(probabilities.shape[1]) if probabilities.shape[1] > 2 else [1]
    return _mean([auroc(probabilities[:, one], labels == one) for one in classes])


def _head_metrics(head: Head, answers: Floats, targets: Floats) -> dict[str, float | None]:
    if head.kind == "multi":
        pairs = zip(answers.T, targets.T, strict=True)
        aurocs = [auroc(scores[~np.isnan(true)], true[~np.isnan(true)] == 1) for scores, true in pairs]
        return {"val_auroc": _mean(aurocs)}
    is_known = ~np.isnan(targets[:, 0])
    if not is_known.any():
        return {}
    if head.kind == "number":
        return _regression_metrics(answers[is_known, 0], targets[is_known, 0])
    labels, probabilities = targets[is_known, 0].astype(np.intp), answers[is_known]
    predicted = probabilities.argmax(axis=1)
    metrics = {"val_accuracy": float((predicted == labels).mean()), "val_auroc": macro_auroc(probabilities, labels)}
    return {**metrics, "val_mae": float(np.abs(predicted - labels).mean())} if head.kind == "ordinal" else metrics


def _regression_metrics(predicted: Floats, true: Floats) -> dict[str, float | None]:
    """Return the mean absolute error and the explained variance."""
    spread = float(np.square(true - true.mean()).sum())
    r2 = 1.0 - float(np.square(true - predicted).sum()) / spread if spread else None
    return {"val_mae": float(np.abs(true - predicted).mean()), "val_r2": r2}


def _mean(values: Sequence[float | None]) -> float | None:
    defined = [area for area in values if area is not None]
    return float(np.mean(defined)) if defined else None
