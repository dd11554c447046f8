"""Asking a model about one image, by one explainer at a time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.errors import InvalidInput
from core.training.output_decoding import decode_outputs

if TYPE_CHECKING:
    from torch import Tensor

    from core.inference import LoadedModel
    from core.models.heads import Head

_ONE_AT_A_TIME = threading.Lock()


@contextmanager
def model_lock() -> Iterator[None]:
    """A loaded model is shared by the threads of a server; hooks of two of them on it would mix their maps."""
    with _ONE_AT_A_TIME:
        yield


@dataclass
class ClassTarget:
    """What is explained of each case: the class `class_index`, or else the one that the model gives most to.

    Called with logits (B, outputs) it gives what speaks for that class of each, (B,), and keeps what it took: `classes`
    and what the model says of them, `probabilities`.
    """

    model: "LoadedModel"
    class_index: int | None = None
    classes: list[int] = field(default_factory=list)
    probabilities: list[float] = field(default_factory=list)

    def __call__(self, logits: "Tensor") -> "Tensor":
        """What speaks for the class of each case.

        Raises:
            InvalidInput: the model has no such class.
        """
        import torch

        resolved = [resolve_class(self.model, one[None], self.class_index) for one in logits]
        self.classes, self.probabilities = [one for one, _ in resolved], [one for _, one in resolved]
        head = self.model.manifest.heads[0]
        return torch.stack([target_function(head, shown)(one) for one, shown in zip(logits, self.classes, strict=True)])


def resolve_class(model: "LoadedModel", logits: "Tensor", class_index: int | None) -> tuple[int, float]:
    """What to explain of the first head, and what it says of it: the class asked for, else the most probable one.

    Of findings the most probable; of a number there is one thing to explain, and its value. `logits` is (1, outputs).

    Raises:
        InvalidInput: the model has no such class.
    """
    head = model.manifest.heads[0]
    answers = decode_outputs([head], logits.detach()[:, : head.outputs])[0]
    if class_index is not None and not 0 <= class_index < head.answers:
        raise InvalidInput(
            f"Class {class_index} is not one of the model's; give a number from 0 to {head.answers - 1}."
        )
    chosen = int(answers.argmax()) if class_index is None else class_index
    return chosen, float(answers[chosen])


def target_function(head: "Head", class_index: int) -> "Callable[[Tensor], Tensor]":
    """Return what of the outputs (…, outputs) speaks for a class.

    Of ordered classes it is "above the class before", and of the first one "not above it".
    """
    if head.kind != "ordinal":
        return lambda outputs: outputs[..., class_index]
    return (lambda outputs: outputs[..., class_index - 1]) if class_index else (lambda outputs: -outputs[..., 0])
