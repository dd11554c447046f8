"""Inference: from a checkpoint and images to probabilities."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from core.errors import NotTrainable, UserError
from core.models import MODELS
from core.models.heads import output_count
from core.training import devices
from core.training.batching import Fetcher, split_batches
from core.training.checkpoint import Manifest, read_weights
from core.training.compilation import channels_last
from core.training.examples import Example, read_image
from core.training.image_selection import select_images
from core.training.mixed_precision import resolve_dtype
from core.training.output_decoding import decode_outputs
from core.training.pixel_cache import Batch, PixelCache, open_cache
from core.training.preprocess import Preprocess
from core.training.train_step import forward_logits
from core.training.validation import to_model_input
from core.training.windowing import windowed

if TYPE_CHECKING:
    import torch
    from torch import nn


T = TypeVar("T")
FREE = "stop other programs that use the GPU, then try again"


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A loaded model in eval mode on its device; immutable."""

    module: "nn.Module"
    manifest: Manifest
    device: "torch.device"

    @property
    def prepare(self) -> "Preprocess":
        """Preprocessing from stored pixels to this model's input."""
        return Preprocess(self.manifest.size, self.manifest.mean, self.manifest.deviation, self.device)

    def input_of(self, example: Example) -> "torch.Tensor":
        """Return one case as the model sees it: (1, channels, size, size), or (1, V, channels, size, size).

        Raises:
            NotTrainable: not the images that the model needs, or their pixels are missing.
        """
        return to_model_input(self.prepare, _read(self.manifest, select_model_images(self.manifest, [example])))


def load(folder: Path, kind: str = "best", *, device: str = "auto") -> LoadedModel:
    """Load the checkpoint "best" or "last" of a run's folder.

    Raises:
        NotFound: the run has no such checkpoint.
        UserError: the file is damaged, or of a model that this version does not have.
        NotTrainable: a GPU was requested and none is available, or its memory is too small.
    """
    torch_device = devices.choose_device(device)
    weights, manifest = read_weights(folder / f"{kind}.safetensors")
    if manifest.model not in MODELS:
        raise UserError(
            f"The checkpoint is of an unknown model '{manifest.model}'; this version has {', '.join(MODELS)}. Update "
            "Rounds."
        )
    model, spec = MODELS[manifest.model], manifest.spec
    settings = spec.subset(model.knobs)
    module = model.build(manifest.channels, output_count(manifest.heads), manifest.size, spec.dropout, **settings)
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        raise UserError(f"The weights in {kind}.safetensors do not fit their {manifest.model}; train again.") from error
    with devices.out_of_memory_hint(f"a {manifest.model}", FREE):
        return LoadedModel(channels_last(module.to(torch_device).eval()), manifest, torch_device)


def predict(
    model: LoadedModel, examples: Sequence[Example], *, batch_size: int = 64, cache: Path | None = None
) -> Iterator[tuple[str, list[float]]]:
    """Yield (example.key, values) of each example in order: the heads' answers side by side (`Head.answers`).

    For classes their probabilities in order, for findings each one's probability, for a number its value. With `cache`,
    a folder, preprocessed images are stored and reused.

    Raises:
        NotTrainable: pixels missing or truncated, not the images that the model needs, or not enough GPU memory for one
            image.
    """
    for keys, pixels in iter_batches(model, examples, batch_size=batch_size, cache=cache):
        yield from zip(keys, predict_batch(model, pixels), strict=True)


def iter_batches(
    model: LoadedModel, examples: Sequence[Example], *, batch_size: int = 64, cache: Path | None = None
) -> Iterator[tuple[list[str], Batch]]:
    """Yield the keys of some examples at a time, in order, with their cached images.

    Raises:
        NotTrainable: pixels missing or truncated, or not the images that the model needs.
    """
    if not examples:
        return
    rows, shown = split_batches(np.arange(len(examples)), batch_size), select_model_images(model.manifest, examples)
    if cache is None:
        batches: Iterator[Batch] = (_read(model.manifest, [shown[row] for row in batch]) for batch in rows)
    else:
        batches = Fetcher(_open_cache(model.manifest, shown, cache).read).fetch(rows)
    for batch, pixels in zip(rows, batches, strict=True):
        yield [examples[row].key for row in batch], pixels


def select_model_images(manifest: Manifest, examples: Sequence[Example]) -> list[Example]:
    """Return the examples with only the images that the model sees, at the window at which it was trained.

    Raises:
        NotTrainable: a case lacks images that the model needs.
    """
    takes = MODELS[manifest.model].takes
    shown = select_images(examples, takes=takes, slices=manifest.spec.slices, views=manifest.views)
    return windowed(shown, manifest.spec)


def predict_batch(model: LoadedModel, batch: Batch) -> list[list[float]]:
    """Return the answers for one batch of `iter_batches`, in halves where GPU memory is too small."""
    import torch

    count = len(batch.pixels)
    if count == 1:
        with devices.out_of_memory_hint(f"one image at {model.manifest.size} px", FREE):
            return _answers(model, batch)
    try:
        return _answers(model, batch)
    except torch.OutOfMemoryError:
        pass  # the memory of the failed attempt is freed once its exception is gone
    half = count // 2
    return predict_batch(model, _part(batch, slice(half))) + predict_batch(model, _part(batch, slice(half, count)))


def _part(batch: Batch, rows: slice) -> Batch:
    return Batch(batch.pixels[rows], None if batch.present is None else batch.present[rows])


def _answers(model: LoadedModel, batch: Batch) -> list[list[float]]:
    import torch

    dtype = resolve_dtype(model.manifest.spec.precision, model.device)
    with torch.inference_mode():
        logits = forward_logits(model.module, to_model_input(model.prepare, batch), dtype)
    answers: list[list[float]] = decode_outputs(model.manifest.heads, logits).cpu().tolist()
    return answers


def _read(manifest: Manifest, examples: Sequence[Example]) -> Batch:
    """Read the images of examples without a cache."""
    counts = np.array([len(one.images) for one in examples])
    planes = [plane for one in examples for plane in one.images]
    try:
        pixels = np.stack([read_image(one, size=manifest.stored, channels=manifest.channels) for one in planes])
    except (OSError, ValueError) as error:
        raise NotTrainable(
            f"Pixels of cases {examples[0].key} to {examples[-1].key} cannot be read; import their files again."
        ) from error
    starts = np.concatenate([[0], np.cumsum(counts)])
    return PixelCache(pixels, starts, _several(manifest), "").read(np.arange(len(examples)))


def _open_cache(manifest: Manifest, examples: Sequence[Example], folder: Path) -> PixelCache:
    return drain(
        open_cache(folder, examples, size=manifest.stored, channels=manifest.channels, several=_several(manifest))
    )


def drain(steps: Generator[Any, None, T]) -> T:
    """Run a generator to its end and return its value, discarding what it yields."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return cast("T", end.value)


def _several(manifest: Manifest) -> bool:
    return MODELS[manifest.model].takes != "image"
