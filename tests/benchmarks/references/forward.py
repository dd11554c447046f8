"""What a network needs to answer, and no more."""

import torch
from torch import Tensor, nn


def answer(module: nn.Module, images: Tensor) -> Tensor:
    """Logits of a batch."""
    with torch.no_grad():
        return module(images)
