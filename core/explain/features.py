"""What a network makes of a case before it answers: the activations that its last linear layer reads."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.inference import iter_batches
from core.models.multi_image_layers import last_layer
from core.training.mixed_precision import resolve_dtype
from core.training.train_step import forward_logits
from core.training.validation import to_model_input

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.inference import LoadedModel
    from core.training.examples import Example

Vector = NDArray[np.float32]


def features(
    model: "LoadedModel", examples: "Sequence[Example]", *, batch_size: int = 64, cache: Path | None = None
) -> Iterator[tuple[str, Vector]]:
    """(example.key, activations (width,)) of each example, in the order given; `cache` see `core.inference.predict`.

    Raises:
        NotTrainable: an image's pixels are gone, or a case has not the pictures that the model sees.
    """
    import torch

    kind = resolve_dtype(model.manifest.spec.precision, model.device)
    for keys, batch in iter_batches(model, examples, batch_size=batch_size, cache=cache):
        with torch.inference_mode(), entering_last(model.module) as inputs:
            forward_logits(model.module, to_model_input(model.prepare, batch), kind)
        yield from zip(keys, inputs[-1].float().cpu().numpy(), strict=True)


@contextmanager
def entering_last(module: "nn.Module") -> "Iterator[list[Tensor]]":
    """What enters the last linear layer in each pass, (B, width); of several vectors a case their mean."""
    inputs: list[Tensor] = []

    def keep(_: "nn.Module", args: "tuple[Tensor, ...]") -> None:
        given = args[0].detach()
        inputs.append(given.flatten(1, -2).mean(dim=1) if given.dim() > 2 else given)

    handle = last_layer(module).register_forward_pre_hook(keep)
    try:
        yield inputs
    finally:
        handle.remove()
