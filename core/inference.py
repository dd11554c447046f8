"""A checkpoint at work: images in, probabilities out."""

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

if TYPE_CHECKING:
    import torch
    from torch import nn


T = TypeVar("T")
FREE = "free the GPU of what else uses it, then try again"


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model ready to judge: in eval mode, on its device; nobody changes it."""

    module: "nn.Module"
    manifest: Manifest
    device: "torch.device"

    @property
    def prepare(self) -> "Preprocess":
        """From stored pixels to this model's input."""
        return Preprocess(self.manifest.size, self.manifest.mean, self.manifest.deviation, self.device)

    def input_of(self, example: Example) -> "torch.Tensor":
        """One case as the model sees it: (1, channels, size, size), or (1, planes, channels, size, size) of several.

        Raises:
            NotTrainable: its pictures are not what the model sees, or their pixels are gone.
        """
        return to_model_input(self.prepare, _read(self.manifest, select_model_images(self.manifest, [example])))


def load(folder: Path, kind: str = "best", *, device: str = "auto") -> LoadedModel:
    """The checkpoint of that kind ("best" or "last") of a run's folder.

    Raises:
        NotFound: the run has no such checkpoint.
        UserError: the file is damaged, or of a model this Rounds does not have.
        NotTrainable: a GPU was asked for and there is none, or its memory is too small.
    """
    place = devices.choose_device(device)
    weights, manifest = read_weights(folder / f"{kind}.safetensors")
    if manifest.model not in MODELS:
        raise UserError(
            f"The checkpoint is of a model '{manifest.model}', known are {', '.join(MODELS)}; update Rounds."
        )
    model, spec = MODELS[manifest.model], manifest.spec
    more = spec.subset(model.knobs)
    module = model.build(manifest.channels, output_count(manifest.heads), manifest.size, spec.dropout, **more)
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        raise UserError(f"The weights in {kind}.safetensors do not fit their {manifest.model}; train again.") from error
    with devices.out_of_memory_hint(f"a {manifest.model}", FREE):
        return LoadedModel(channels_last(module.to(place).eval()), manifest, place)


def predict(
    model: LoadedModel, examples: Sequence[Example], *, batch_size: int = 64, cache: Path | None = None
) -> Iterator[tuple[str, list[float]]]:
    """(example.key, numbers) of each example, in the order given: the heads' answers side by side (`Head.answers`).

    Of one class its probabilities in the classes' order, of findings each one's probability, of a number its value.
    With `cache`, a folder, prepared images are kept there and found again.

    Raises:
        NotTrainable: an image's pixels are gone or short, a case has not the pictures that the model sees, or the GPU's
            memory is too small for one image.
    """
    for keys, pixels in iter_batches(model, examples, batch_size=batch_size, cache=cache):
        yield from zip(keys, predict_batch(model, pixels), strict=True)


def iter_batches(
    model: LoadedModel, examples: Sequence[Example], *, batch_size: int = 64, cache: Path | None = None
) -> Iterator[tuple[list[str], Batch]]:
    """The keys of some examples at a time, in the order given, and their pictures as they are stored for the model.

    Raises:
        NotTrainable: an image's pixels are gone or short, or a case has not the pictures that the model sees.
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
    """The examples with those pictures only that the model sees.

    Raises:
        NotTrainable: a case has not the pictures that it sees.
    """
    takes = MODELS[manifest.model].takes
    return select_images(examples, takes=takes, slices=manifest.spec.slices, views=manifest.views)


def predict_batch(model: LoadedModel, batch: Batch) -> list[list[float]]:
    """What `scores` gives of one batch of `read`; where the GPU's memory is too small for it, of its halves."""
    import torch

    count = len(batch.pixels)
    if count == 1:
        with devices.out_of_memory_hint(f"one image at {model.manifest.size} px", FREE):
            return _judged(model, batch)
    try:
        return _judged(model, batch)
    except torch.OutOfMemoryError:
        pass  # what the failed attempt holds is given back once its error is gone
    half = count // 2
    return predict_batch(model, _part(batch, slice(half))) + predict_batch(model, _part(batch, slice(half, count)))


def _part(batch: Batch, some: slice) -> Batch:
    return Batch(batch.pixels[some], None if batch.present is None else batch.present[some])


def _judged(model: LoadedModel, batch: Batch) -> list[list[float]]:
    import torch

    kind = resolve_dtype(model.manifest.spec.precision, model.device)
    with torch.inference_mode():
        logits = forward_logits(model.module, to_model_input(model.prepare, batch), kind)
    found: list[list[float]] = decode_outputs(model.manifest.heads, logits).cpu().tolist()
    return found


def _read(manifest: Manifest, examples: Sequence[Example]) -> Batch:
    """Of examples as the model sees them, without a cache."""
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
    """Run a generator to its end and return its value; what it yields is dropped."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return cast("T", end.value)


def _several(manifest: Manifest) -> bool:
    return MODELS[manifest.model].takes != "image"
