"""The shortest loop that learns, on tensors made once and already where the model is."""

import time

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.optim import Optimizer


def images_per_second(module: nn.Module, *, shape: tuple[int, ...], batches: int, classes: int) -> float:
    """Of one pass over `batches` batches of that shape, after a first step that is not counted."""
    device = next(module.parameters()).device
    images = torch.randn(shape, device=device)
    labels = torch.randint(classes, shape[:1], device=device)
    optimizer = torch.optim.AdamW(module.parameters(), lr=0.001)
    module.train()
    step(module, optimizer, images, labels)
    started = time.perf_counter()
    for _ in range(batches):
        loss = step(module, optimizer, images, labels)
    loss.item()
    return batches * shape[0] / (time.perf_counter() - started)


def step(module: nn.Module, optimizer: Optimizer, images: Tensor, labels: Tensor) -> Tensor:
    on_gpu = images.device.type == "cuda"
    with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=on_gpu):
        loss = F.cross_entropy(module(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss
