"""LayerCAM (Jiang et al. 2021): places whose gradient is positive; keeps detail in early layers."""

from typing import TYPE_CHECKING

from core.explain import cams
from core.explain.maps import Map

if TYPE_CHECKING:
    from torch import Tensor

    from core.inference import LoadedModel
    from core.training.data import Example

NAME = "layercam"


def explain(
    model: "LoadedModel", example: "Example", class_index: int | None = None, plane: int | None = None, *,
    layer: str | None = None,
) -> Map:  # fmt: skip
    """The map of one class; see `core.explain.cams`.

    Raises:
        InvalidInput: no such class, layer or picture.
    """
    return cams.explain(model, example, join, method=NAME, class_index=class_index, plane=plane, layer=layer)


def join(cells: "Tensor", gradient: "Tensor") -> "Tensor":
    """relu(Σ relu(gₖ) Aₖ), place by place."""
    return (gradient.clamp_min(0) * cells).sum(dim=1).clamp_min(0)
