"""EigenCAM (Muhammad & Yeasin 2020): the strongest pattern of a layer, whatever the class."""

from typing import TYPE_CHECKING

from core.explain.methods import cam

if TYPE_CHECKING:
    from torch import Tensor

NAME = "eigencam"


def join(cells: "Tensor", gradient: "Tensor") -> "Tensor":  # noqa: ARG001
    """relu of each place's projection on the first principal component over channels (P, …).

    A component has no sign of its own: the side with the larger peak is shown (Chung & Ying 2025, equation 13).
    """
    import torch

    flat = cells.flatten(2).transpose(1, 2)  # (P, places, D)
    centred = flat - flat.mean(dim=1, keepdim=True)
    _, _, directions = torch.linalg.svd(centred.double(), full_matrices=False)
    projected = (centred.double() @ directions[:, 0, :, None])[..., 0]  # (P, places)
    side = torch.where(projected.amax(dim=1) >= projected.amin(dim=1).abs(), 1.0, -1.0)
    shown: Tensor = (side[:, None] * projected).clamp_min(0).to(cells.dtype).view(len(cells), *cells.shape[2:])
    return shown


explain = cam.cam_method(NAME, join)
