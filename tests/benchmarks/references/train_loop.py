"""The shortest loop that learns, on tensors made once and already where the model is."""

import time
from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.optim import Optimizer

WARM = 2  # steps


def images_per_second(
    module: nn.Module,
    *,
    shape: tuple[int, ...],
    batches: int,
    classes: int,
    kind: torch.dtype = torch.float32,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Of one pass over `batches` batches of that shape, after first steps that are not counted."""
    device = next(module.parameters()).device
    images = torch.randn(shape, device=device).to(memory_format=torch.channels_last)
    labels = torch.randint(classes, shape[:1], device=device)
    optimizer = torch.optim.AdamW(module.parameters(), lr=0.001)
    module.train()
    for _ in range(WARM):
        loss = step(module, optimizer, images, labels, kind)
    loss.item()
    started = clock()
    for _ in range(batches):
        loss = step(module, optimizer, images, labels, kind)
    loss.item()
    return batches * shape[0] / (clock() - started)


def step(module: nn.Module, optimizer: Optimizer, images: Tensor, labels: Tensor, kind: torch.dtype) -> Tensor:
    with torch.autocast(images.device.type, dtype=kind, enabled=kind is not torch.float32):
        loss = F.cross_entropy(module(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss
