"""Asking a model about one image, by one explainer at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import InvalidInput

if TYPE_CHECKING:
    from torch import Tensor

    from core.inference import LoadedModel

_ONE_AT_A_TIME = threading.Lock()


@contextmanager
def alone() -> Iterator[None]:
    """A loaded model is shared by the threads of a server; hooks of two of them on it would mix their maps."""
    with _ONE_AT_A_TIME:
        yield


def choose_class(model: "LoadedModel", logits: "Tensor", asked: int | None) -> tuple[int, float]:
    """The class to explain and its probability: the one asked for, else the most probable. `logits` is (1, classes).

    Raises:
        InvalidInput: the model has no such class.
    """
    probabilities = logits.detach().double().softmax(dim=1)[0]
    count = len(model.manifest.classes)
    if asked is not None and not 0 <= asked < count:
        raise InvalidInput(f"Class {asked} is not one of the model's; give a number from 0 to {count - 1}.")
    chosen = int(probabilities.argmax()) if asked is None else asked
    return chosen, float(probabilities[chosen])
