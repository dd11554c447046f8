"""Grad-CAM as its package's page shows it: the classes that the network calls, maps of the whole batch."""

import numpy as np
from numpy.typing import NDArray
from pytorch_grad_cam import GradCAM
from torch import Tensor, nn


def maps(module: nn.Module, layer: nn.Module, images: Tensor) -> NDArray[np.float32]:
    """Maps (B, S, S) of images (B, C, S, S)."""
    with GradCAM(model=module, target_layers=[layer]) as camera:
        return camera(input_tensor=images, targets=None)
