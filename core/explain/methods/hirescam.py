"""HiResCAM (Draelos & Carin 2020): gradient times map at every place, so that nothing is shown that was not used."""

from typing import TYPE_CHECKING

from core.explain.methods import cam

if TYPE_CHECKING:
    from torch import Tensor

NAME = "hirescam"


def join(cells: "Tensor", gradient: "Tensor") -> "Tensor":
    """relu(Σ gₖ Aₖ), place by place."""
    return (gradient * cells).sum(dim=1).clamp_min(0)


explain = cam.cam_method(NAME, join)
