"""Grad-CAM++ (Chattopadhay et al. 2018): as Grad-CAM, but places that spoke count more, so that several are found."""

from typing import TYPE_CHECKING

from core.explain.methods import cam

if TYPE_CHECKING:
    from torch import Tensor

NAME = "gradcam_plus"
TINY = 1e-6  # as the grad-cam package has it


def join(cells: "Tensor", gradient: "Tensor") -> "Tensor":
    """relu(Σ wₖ Aₖ), w the sum of relu(gradient) by the weights of equation 19."""
    places = tuple(range(2, cells.dim()))
    squared = gradient**2
    below = 2 * squared + cells.sum(dim=places, keepdim=True) * squared * gradient + TINY
    weighed = gradient.clamp_min(0) * (squared / below).where(gradient != 0, 0)
    return (weighed.sum(dim=places, keepdim=True) * cells).sum(dim=1).clamp_min(0)


explain = cam.cam_method(NAME, join)
