"""Grad-CAM of batches and of whole sets of cases (Selvaraju et al. 2017); of models of one picture.

Two savings over the grad-cam package, which hooks the whole network. Nothing before the target layer is remembered, so
the way back is as short as the head. And where the head is a mean over places and one linear layer, the gradient is
that layer's weights over the number of places: then a map costs one forward pass.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.explain.activations import capture_activations
from core.explain.layers import resolve_layer
from core.explain.saliency_map import ROUNDING, SaliencyMap
from core.explain.targets import ClassTarget, model_lock
from core.inference import FREE, iter_batches
from core.models.multi_image_layers import last_layer
from core.training import devices
from core.training.validation import to_model_input

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.inference import LoadedModel
    from core.training.examples import Example

    Target = Callable[[Tensor], Tensor]

METHOD = "gradcam"
TOLERANCE = 1e-4  # relative: what the last layer read is the mean of the map but for rounding


@dataclass
class ForwardPass:
    """The layer's map (B, D, h, w), the logits, and what entered and left the last linear layer."""

    feature_maps: "Tensor"
    logits: "Tensor"
    linear_input: "Tensor | None" = None
    linear_output: "Tensor | None" = None


def gradcam_dataset(
    model: "LoadedModel",
    examples: "Sequence[Example]",
    class_index: int | None = None,
    *,
    layer: str = "",
    batch_size: int = 16,
    cache: Path | None = None,
) -> Iterator[SaliencyMap]:
    """Yield the map of each example in the order given, as `methods.gradcam` makes it, batch by batch.

    `cache` see `core.inference.predict`.

    Raises:
        InvalidInput: no such class or layer.
        NotTrainable: pixels are gone, or the GPU's memory is too small for one batch.
    """
    name, target_layer = resolve_layer(model, layer)
    for _, batch in iter_batches(model, examples, batch_size=batch_size, cache=cache):
        target = ClassTarget(model, class_index)
        with devices.out_of_memory_hint(f"maps of {batch_size} images", FREE), model_lock():
            images = to_model_input(model.prepare, batch)
            maps = gradcam(model.module, target_layer, images, target).cpu().numpy()
        for values, shown, probability in zip(maps, target.classes, target.probabilities, strict=True):
            yield SaliencyMap(values, METHOD, shown, probability, layer=name)


def gradcam(module: "nn.Module", layer: "nn.Module", images: "Tensor", target: "Target") -> "Tensor":
    """Return Grad-CAM (B, S, S) in [0, 1] of images (B, C, S, S), each on its own scale; all 0 where nothing spoke.

    `target` gives of logits (B, outputs) what is explained of each, (B,). The grad-cam package's maps within 0.01.
    """
    return min_max_scale(upsample(gradcam_raw(module, layer, images, target), images))


def gradcam_raw(module: "nn.Module", layer: "nn.Module", images: "Tensor", target: "Target") -> "Tensor":
    """Return relu(Σ αₖ Aₖ), (B, h, w), neither enlarged nor scaled; α is the mean gradient of a channel's map."""
    import torch

    ran = forward_pass(module, layer, images)
    with torch.enable_grad():
        if linear := pooled_linear(module, ran):
            logits = ran.logits.detach().requires_grad_()
            (towards,) = torch.autograd.grad(target(logits).sum(), logits)
            alpha = towards @ linear.weight.detach() / ran.feature_maps[0, 0].numel()  # (B, D)
        else:
            (gradient,) = torch.autograd.grad(target(ran.logits).sum(), ran.feature_maps)
            alpha = gradient.mean(dim=(2, 3))
    return torch.einsum("bd,bdhw->bhw", alpha, ran.feature_maps.detach()).clamp_min(0)


def upsample(maps: "Tensor", images: "Tensor") -> "Tensor":
    """Return maps (B, h, w) enlarged to their images, (B, S, S)."""
    import torch.nn.functional as F  # noqa: N812

    size = tuple(images.shape[-2:])
    return F.interpolate(maps[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]


def min_max_scale(maps: "Tensor") -> "Tensor":
    """Return maps with the smallest value of each at 0 and the largest at 1; all 0 where it has no contrast."""
    low, high = maps.amin(dim=(1, 2), keepdim=True), maps.amax(dim=(1, 2), keepdim=True)
    span = high - low
    return ((maps - low) / span.clamp_min(1e-12)) * (span > (ROUNDING * high).clamp_min(1e-12))


def forward_pass(module: "nn.Module", layer: "nn.Module", images: "Tensor") -> ForwardPass:
    """Run the network once, remembering only what follows the layer."""
    with capture_activations(module, layer) as activations, _last_linear(module) as read:
        logits = module(images)
    ran = ForwardPass(activations.map_of("target"), logits)
    if len(read) == 1:
        ran.linear_input, ran.linear_output = read[0]
    return ran


def pooled_linear(module: "nn.Module", ran: ForwardPass) -> "nn.Linear | None":
    """Return the last layer, where it read the mean over the map's places and what it gave are the logits.

    Seen on this very batch, so that no list of networks has to be kept.
    """
    import torch

    if ran.linear_input is None or ran.linear_output is None or ran.feature_maps.dim() != 4:
        return None
    mean = ran.feature_maps.detach().mean(dim=(2, 3))
    pooled = mean.shape == ran.linear_input.shape
    pooled = pooled and torch.allclose(mean, ran.linear_input, rtol=TOLERANCE, atol=1e-6)
    final = ran.linear_output.shape == ran.logits.shape and torch.equal(ran.linear_output, ran.logits)
    return last_layer(module) if pooled and final else None


@contextmanager
def _last_linear(module: "nn.Module") -> "Iterator[list[tuple[Tensor, Tensor]]]":
    """Give what enters and leaves the layer that gives the answers."""
    read: list[tuple[Tensor, Tensor]] = []
    handle = last_layer(module).register_forward_hook(
        lambda _, args, output: read.append((args[0].detach(), output.detach()))
    )
    try:
        yield read
    finally:
        handle.remove()
