"""LayerCAM (Jiang et al. 2021): places whose gradient is positive; keeps detail in early layers."""

from typing import TYPE_CHECKING

from core.explain.methods import cam

if TYPE_CHECKING:
    from torch import Tensor

NAME = "layercam"


def join(cells: "Tensor", gradient: "Tensor") -> "Tensor":
    """relu(Σ relu(gₖ) Aₖ), place by place."""
    return (gradient.clamp_min(0) * cells).sum(dim=1).clamp_min(0)


explain = cam.cam_method(NAME, join)
