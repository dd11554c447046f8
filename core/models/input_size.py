"""How large a model's input is: one rule, said on the form and in the log."""

from typing import Protocol

from core.models.vit import patch_size


class InputSizes(Protocol):
    """What a model says of its input, as edges in pixels."""

    @property
    def default_size(self) -> int:
        """Edge where the training names none."""

    @property
    def least_size(self) -> int:
        """Edge below which images are upsampled."""


def input_size(model: InputSizes, requested: int, edge: int) -> int:
    """Edge of the square a model sees, in pixels.

    `requested`, or where that is 0 the images' own `edge` (their median longer side) up to the model's default;
    never below the model's least size; rounded up to whole patches (see `vit.patch_size`).
    """
    size = max(requested or min(edge, model.default_size), model.least_size)
    patch = patch_size(size)
    return -(-size // patch) * patch


def stored_size(size: int, edge: int) -> int:
    """Edge at which images are kept for training, in pixels: never upsampled on disk, the device does that."""
    return max(1, min(size, edge))
