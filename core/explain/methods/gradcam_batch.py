"""Grad-CAM of whole batches (Selvaraju et al. 2017), for sets of thousands; of models of one picture.

Two savings over a package that hooks the whole network. Nothing before the target layer is remembered, so the way back
is as short as the head. And where the head is a mean over places and one linear layer, the gradient is that layer's
weights over the number of places: then every class costs one product, and the whole one forward pass.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.explain.activations import capture_activations
from core.lazy_modules import LazyModule

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.models import multi_image_layers

    Speak = Callable[[Tensor], Tensor]
else:
    multi_image_layers = LazyModule("core.models.multi_image_layers")

ALIKE = 1e-4  # relative: what the last layer read is the mean of the map but for rounding


@dataclass
class ForwardPass:
    """One pass: the layer's map (B, D, h, w), the logits, and what entered and left the last linear layer."""

    cells: "Tensor"
    logits: "Tensor"
    entered: "Tensor | None" = None
    left: "Tensor | None" = None


def gradcam(module: "nn.Module", layer: "nn.Module", images: "Tensor", speak: "Speak") -> "Tensor":
    """Grad-CAM (B, S, S) in [0, 1] of images (B, C, S, S), each on its own scale; all 0 where nothing spoke.

    `speak` gives of logits (B, outputs) what is explained of each, (B,). The grad-cam package's maps within 0.01.
    """
    return min_max_scale(upsample(gradcam_raw(module, layer, images, speak), images))


def gradcam_raw(module: "nn.Module", layer: "nn.Module", images: "Tensor", speak: "Speak") -> "Tensor":
    """The same before it is stretched and scaled: relu(Σ αₖ Aₖ), (B, h, w), α the mean gradient of a channel's map."""
    import torch

    seen, alpha = _pass(module, layer, images), None
    with torch.enable_grad():
        if linear := _pooled(module, seen):
            logits = seen.logits.detach().requires_grad_()
            (towards,) = torch.autograd.grad(speak(logits).sum(), logits)
            alpha = towards @ linear.weight.detach() / seen.cells[0, 0].numel()  # (B, D)
        else:
            (gradient,) = torch.autograd.grad(speak(seen.logits).sum(), seen.cells)
            alpha = gradient.mean(dim=(2, 3))
    return torch.einsum("bd,bdhw->bhw", alpha, seen.cells.detach()).clamp_min(0)


def gradcam_all_classes(module: "nn.Module", layer: "nn.Module", images: "Tensor") -> "Tensor":
    """Of all outputs at once, (B, outputs, h, w): one forward pass where the head is a mean and one linear layer.

    Elsewhere a short way back for each output.
    """
    import torch

    seen = _pass(module, layer, images)
    cells = seen.cells.detach()
    if linear := _pooled(module, seen):
        weight = linear.weight.detach() / cells[0, 0].numel()
        return torch.einsum("kd,bdhw->bkhw", weight, cells).clamp_min(0)
    found = []
    with torch.enable_grad():
        for output in seen.logits.unbind(dim=1):
            (gradient,) = torch.autograd.grad(output.sum(), seen.cells, retain_graph=True)
            found.append(torch.einsum("bd,bdhw->bhw", gradient.mean(dim=(2, 3)), cells))
    return torch.stack(found, dim=1).clamp_min(0)


def upsample(spoken: "Tensor", images: "Tensor") -> "Tensor":
    """(B, h, w) stretched over its images, (B, S, S)."""
    import torch.nn.functional as F  # noqa: N812

    size = tuple(images.shape[-2:])
    return F.interpolate(spoken[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]


def min_max_scale(values: "Tensor") -> "Tensor":
    """Each map's smallest to 0 and its largest to 1; all 0 where it has no contrast."""
    low, high = values.amin(dim=(1, 2), keepdim=True), values.amax(dim=(1, 2), keepdim=True)
    span = high - low
    return ((values - low) / span.clamp_min(1e-12)) * (span >= 1e-12)


def _pass(module: "nn.Module", layer: "nn.Module", images: "Tensor") -> ForwardPass:
    with capture_activations(module, layer) as kept, _last(module) as read:
        logits = module(images)
    seen = ForwardPass(kept.map_of("target"), logits)
    if len(read) == 1:
        seen.entered, seen.left = read[0]
    return seen


@contextmanager
def _last(module: "nn.Module") -> "Iterator[list[tuple[Tensor, Tensor]]]":
    """What enters and leaves the layer that gives the answers."""
    read: list[tuple[Tensor, Tensor]] = []
    handle = multi_image_layers.last_layer(module).register_forward_hook(
        lambda _, args, output: read.append((args[0].detach(), output.detach()))
    )
    try:
        yield read
    finally:
        handle.remove()


def _pooled(module: "nn.Module", seen: ForwardPass) -> "nn.Linear | None":
    """The last layer, where it read the mean over the map's places and what it said are the logits.

    Seen on this very batch, so that no list of networks has to be kept.
    """
    import torch

    if seen.entered is None or seen.left is None or seen.cells.dim() != 4:
        return None
    mean = seen.cells.detach().mean(dim=(2, 3))
    alike = mean.shape == seen.entered.shape and torch.allclose(mean, seen.entered, rtol=ALIKE, atol=1e-6)
    said = seen.left.shape == seen.logits.shape and torch.equal(seen.left, seen.logits)
    return multi_image_layers.last_layer(module) if alike and said else None
