"""Adapter to the grad-cam package (Gildenblat et al. 2021): its formulas, on feature maps that Rounds captures.

The package's own forward and backward passes are not used: they see a single image, keep the graph of the whole
network, leave gradients on its weights, and scale each map before it is enlarged.
"""

from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import InvalidInput

if TYPE_CHECKING:
    from torch import Tensor, nn

NOT_FINITE = "This method gave no finite map for this image; choose another method or layer."
MAX_POSITIONS = 64 * 64  # the package's decompositions hold a matrix of positions × positions


def package_cam(name: str, module: "nn.Module", **options: Any) -> Any:
    """Return a CAM object of the package for `module`; without target layers it registers no hooks."""
    import pytorch_grad_cam

    for progress in (pytorch_grad_cam.score_cam, pytorch_grad_cam.ablation_cam):
        vars(progress)["tqdm"] = SimpleNamespace(tqdm=iter)  # loops without a bar on stderr
    return getattr(pytorch_grad_cam, name)(model=module, target_layers=[], **options)


def combine(name: str, feature_maps: "Tensor", gradients: "Tensor") -> "Tensor":
    """Return the map (P, h, w), before ReLU and scaling, of feature maps and gradients (P, D, h, w).

    A volume's (1, D, slices, h, w) give (1, slices, h, w).

    Raises:
        InvalidInput: the map is not finite.
    """
    arrays = [finite(values, values).detach().cpu().numpy() for values in (feature_maps, gradients)]
    return finite(_formula(name).get_cam_image(None, None, None, *arrays, False), feature_maps)


def combine_second_order(name: str, feature_maps: "Tensor", gradients: "Tensor") -> "Tensor":
    """Return the same of a formula that differentiates the gradients once more by the feature maps.

    Raises:
        InvalidInput: the map is not finite.
    """
    import torch

    with torch.enable_grad():
        gradients = gradients + 0 * feature_maps  # those of a linear head do not depend on the feature maps
    return finite(_formula(name).get_cam_image(None, None, None, feature_maps, gradients, False), feature_maps)


def principal_component(name: str, feature_maps: "Tensor", gradients: "Tensor", *, by_class: bool = False) -> "Tensor":
    """Return the projection on the first principal component.

    A component has no sign of its own: the larger peak becomes positive (Chung & Ying 2025, equation 13), or `by_class`
    the side on which gradient times map is. Maps of more than `MAX_POSITIONS` are averaged to fewer before, so the
    result may be smaller than the feature maps.

    Raises:
        InvalidInput: the map is not finite.
    """
    import torch

    maps, gradients = (_average_to_limit(finite(values, values)) for values in (feature_maps, gradients))
    if (maps.flatten(2).amax(dim=2) == maps.flatten(2).amin(dim=2)).all():
        return torch.zeros_like(maps[:, 0])  # constant maps have no component
    try:
        projected = combine(name, maps, gradients)
    except (ValueError, np.linalg.LinAlgError) as error:  # scikit-learn refuses a kernel that is not positive
        raise InvalidInput(NOT_FINITE) from error
    flat, evidence = projected.flatten(1), (maps * gradients).sum(dim=1).flatten(1)
    side = (flat * evidence).sum(dim=1) if by_class else flat.amax(dim=1) + flat.amin(dim=1)
    return (torch.where(side >= 0, 1.0, -1.0).to(flat)[:, None] * flat).view_as(projected)


def finite(values: Any, like: "Tensor") -> "Tensor":
    """Return an array of the package as a tensor beside `like`.

    Raises:
        InvalidInput: there is no array, or a value in it is not finite.
    """
    import torch

    if values is None or not torch.isfinite(tensor := torch.as_tensor(values)).all():
        raise InvalidInput(NOT_FINITE)
    return tensor.to(like.device, like.dtype)


@cache
def _formula(name: str) -> Any:
    """Return a CAM object that only computes; the package asks for a network even where it uses none."""
    from torch import nn

    return package_cam(name, nn.Linear(1, 1))


def _average_to_limit(maps: "Tensor") -> "Tensor":
    """Return maps (P, D, …, h, w) averaged to at most `MAX_POSITIONS` positions; smaller ones as they are."""
    from torch.nn import functional

    *_, rows, columns = maps.shape
    slices = maps[0, 0].numel() // (rows * columns)
    if maps[0, 0].numel() <= MAX_POSITIONS:
        return maps
    edge = max(1, int((MAX_POSITIONS / slices) ** 0.5))
    size = (min(rows, edge), min(columns, edge))
    flat = functional.adaptive_avg_pool2d(maps.flatten(0, -3).contiguous(), size)
    return flat.view(*maps.shape[:-2], *size)
