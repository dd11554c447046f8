"""Input size of a model: one rule for the form and the log."""

from typing import Protocol

from core.models.vit import patch_size


class InputSizes(Protocol):
    """The input sizes of a model, as edges in pixels."""

    @property
    def default_size(self) -> int:
        """Edge if the training specifies none."""

    @property
    def least_size(self) -> int:
        """Edge below which images are upsampled."""


def input_size(model: InputSizes, requested: int, edge: int) -> int:
    """Return the edge of the square input of a model, in pixels.

    `requested`, or where that is 0 the images' own `edge` (median longer side) up to the model's default; never below
    the model's least size; rounded up to whole patches (see `vit.patch_size`).
    """
    size = max(requested or min(edge, model.default_size), model.least_size)
    patch = patch_size(size)
    return -(-size // patch) * patch


def stored_size(size: int, edge: int) -> int:
    """Return the edge at which images are cached for training, in pixels.

    Upsampling happens on the device, never on disk.
    """
    return max(1, min(size, edge))
