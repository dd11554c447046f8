"""How large a model's input is: one rule, said on the form and in the log."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.models.table import ModelEntry


def input_size(model: "ModelEntry", asked: int, edge: int) -> int:
    """Edge of the square a model sees, in pixels.

    What was asked for, or where that is 0 the images' own `edge` (their median longer side) up to the model's default;
    never below the model's least size; rounded up to whole patches (see `patch_size`).
    """
    size = max(asked or min(edge, model.default_size), model.least_size)
    patch = patch_size(size)
    return -(-size // patch) * patch


def patch_size(size: int) -> int:
    """Edge of the square that a transformer reads as one token, in pixels: 49 to 196 tokens from 28 to 224 px."""
    if size <= 32:
        return 4
    return 8 if size <= 64 else 16


def stored_size(size: int, edge: int) -> int:
    """Edge at which images are kept for training, in pixels: never upsampled on disk, the device does that."""
    return max(1, min(size, edge))
