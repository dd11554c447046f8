"""A checkpoint at work: images in, probabilities out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import NotTrainable, UserError
from core.models import MODELS
from core.training.batches import Fetcher, batches_of
from core.training.cache import open_cache
from core.training.checkpoint import Manifest, read_weights
from core.training.data import Example, Pixels, read_image

if TYPE_CHECKING:
    import torch
    from torch import nn

    from core.training.augment import Prepare


FREE = "free the GPU of what else uses it, then try again"


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model ready to judge: in eval mode, on its device; nobody changes it."""

    module: "nn.Module"
    manifest: Manifest
    device: "torch.device"

    @property
    def prepare(self) -> "Prepare":
        """From stored pixels to this model's input."""
        from core.training.augment import Prepare

        return Prepare(self.manifest.size, self.manifest.mean, self.manifest.deviation, self.device)

    def input_of(self, example: Example) -> "torch.Tensor":
        """One image as the model sees it, (1, channels, size, size)."""
        import torch

        return self.prepare(torch.from_numpy(_read(self.manifest, [example])))


def load(folder: Path, kind: str = "best", *, device: str = "auto") -> LoadedModel:
    """The checkpoint of that kind ("best" or "last") of a run's folder.

    Raises:
        NotFound: the run has no such checkpoint.
        UserError: the file is damaged, or of a model this Rounds does not have.
        NotTrainable: a GPU was asked for and there is none, or its memory is too small.
    """
    from core.training import devices

    place = devices.choose(device)
    weights, manifest = read_weights(folder / f"{kind}.safetensors")
    if manifest.model not in MODELS:
        raise UserError(
            f"The checkpoint is of a model '{manifest.model}', known are {', '.join(MODELS)}; update Rounds."
        )
    model, spec = MODELS[manifest.model], manifest.spec
    more = spec.asked_of(model.knobs)
    module = model.build(manifest.channels, len(manifest.classes), manifest.size, spec.dropout, **more)
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        raise UserError(f"The weights in {kind}.safetensors do not fit their {manifest.model}; train again.") from error
    with devices.memory_for(f"a {manifest.model}", FREE):
        return LoadedModel(module.to(place).eval(), manifest, place)


def scores(
    model: LoadedModel, examples: Sequence[Example], *, batch_size: int = 64, cache: Path | None = None
) -> Iterator[tuple[str, list[float]]]:
    """(example.key, probabilities in the classes' order) of each example, in the order given.

    With `cache`, a folder, prepared images are kept there and found again.

    Raises:
        NotTrainable: an image's pixels are gone or short, or the GPU's memory is too small for one image.
    """
    if not examples:
        return
    rows = batches_of(np.arange(len(examples)), batch_size)
    if cache is None:
        batches: Iterator[Pixels] = (_read(model.manifest, [examples[row] for row in batch]) for batch in rows)
    else:
        batches = Fetcher(_cached(model.manifest, examples, cache)).fetch(rows)
    for batch, pixels in zip(rows, batches, strict=True):
        yield from zip([examples[row].key for row in batch], _probabilities(model, pixels), strict=True)


def _probabilities(model: LoadedModel, pixels: Pixels) -> list[list[float]]:
    """Of one batch; where the GPU's memory is too small for it, of its halves."""
    import torch

    from core.training import devices

    if len(pixels) == 1:
        with devices.memory_for(f"one image at {model.manifest.size} px", FREE):
            return _judged(model, pixels)
    try:
        return _judged(model, pixels)
    except torch.OutOfMemoryError:
        pass  # what the failed attempt holds is given back once its error is gone
    half = len(pixels) // 2
    return _probabilities(model, pixels[:half]) + _probabilities(model, pixels[half:])


def _judged(model: LoadedModel, pixels: Pixels) -> list[list[float]]:
    import torch

    from core.training.epoch import logits_of

    with torch.inference_mode():
        logits = logits_of(model.module, model.prepare(torch.from_numpy(pixels)))
    found: list[list[float]] = logits.double().softmax(dim=1).cpu().tolist()
    return found


def _read(manifest: Manifest, examples: Sequence[Example]) -> Pixels:
    try:
        return np.stack([read_image(one, size=manifest.stored, channels=manifest.channels) for one in examples])
    except (OSError, ValueError) as error:
        raise NotTrainable(
            f"Pixels of cases {examples[0].key} to {examples[-1].key} cannot be read; import their files again."
        ) from error


def _cached(manifest: Manifest, examples: Sequence[Example], folder: Path) -> Pixels:
    making = open_cache(folder, examples, size=manifest.stored, channels=manifest.channels)
    while True:
        try:
            next(making)
        except StopIteration as made:
            pixels: Pixels = made.value.pixels
            return pixels
