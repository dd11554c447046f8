"""HiResCAM (Draelos & Carin 2020): gradient times map at every place, so that nothing is shown that was not used."""

from typing import TYPE_CHECKING

from core.explain import cams
from core.explain.maps import Map

if TYPE_CHECKING:
    from torch import Tensor

    from core.inference import LoadedModel
    from core.training.data import Example

NAME = "hirescam"


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
    """relu(Σ gₖ Aₖ), place by place."""
    return (gradient * cells).sum(dim=1).clamp_min(0)
