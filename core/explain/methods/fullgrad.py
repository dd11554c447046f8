"""FullGrad (Srinivas & Fleuret 2019): what the image and the bias of every layer gave to the answer, added up.

Every convolution and norm of maps that has a bias is read, so there is no layer to choose. A layer that runs twice
counts twice. The grad-cam package's FullGrad gives the same map of most networks, but knows no instance norms, pairs
gradients with biases in the order of registration, and enlarges each channel by itself, up to 40 times as slow.
"""

from typing import TYPE_CHECKING

from core.explain.saliency_map import SaliencyMap, min_max_scale
from core.explain.targets import ClassTarget, model_lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

    from core.inference import LoadedModel
    from core.training.examples import Example

NAME = "fullgrad"
TINY = 1e-7  # as the grad-cam package has it


def explain(
    model: "LoadedModel",
    example: "Example",
    class_index: int | None = None,
    plane: int | None = None,  # noqa: ARG001
    *,
    layer: str | None = None,  # noqa: ARG001
) -> SaliencyMap:
    """The map of one class of one image, by default the most probable.

    Raises:
        InvalidInput: no such class.
    """
    question, images = ClassTarget(model, class_index), model.input_of(example)
    with model_lock():
        values = full(model.module, images, question)
    return SaliencyMap(min_max_scale(values.cpu().numpy()), NAME, question.classes[0], question.probabilities[0])


def full(module: "nn.Module", images: "Tensor", speak: "Callable[[Tensor], Tensor]") -> "Tensor":
    """Σ ψ(|x · ∂f/∂x|) + Σ ψ(|b · ∂f/∂b|) over layers and channels, (S, S), of an image (1, C, S, S).

    ψ brings each channel to [0, 1] and stretches it over the image.
    """
    import torch

    parts: list[Tensor] = []

    def watch(layer: "nn.Module", _: object, output: "Tensor") -> None:
        bias = bias_of(layer)[None, :, None, None]
        output.register_hook(lambda gradient: parts.append(_stretched((bias * gradient).detach(), images)))  # type: ignore[no-untyped-call]

    handles = [one.register_forward_hook(watch) for one in module.modules() if has_bias(one)]
    inputs = images.detach().requires_grad_()
    try:
        with torch.enable_grad():
            (gradient,) = torch.autograd.grad(speak(module(inputs)).sum(), inputs)
    finally:
        for handle in handles:
            handle.remove()
    return torch.stack([_stretched(gradient * images, images), *parts]).sum(dim=0)


def has_bias(layer: "nn.Module") -> bool:
    """Whether it is a convolution or a norm of maps, with a bias."""
    from torch import nn

    return isinstance(layer, nn.Conv2d | nn.BatchNorm2d | nn.InstanceNorm2d) and layer.bias is not None


def bias_of(layer: "nn.Module") -> "Tensor":
    """What the layer adds to each channel (D,); of a batch norm with what it takes away as its running mean."""
    import torch
    from torch import nn

    assert isinstance(layer, nn.Conv2d | nn.BatchNorm2d | nn.InstanceNorm2d)
    assert layer.bias is not None
    if not isinstance(layer, nn.BatchNorm2d) or layer.running_mean is None or layer.running_var is None:
        return layer.bias.detach()
    scale = layer.weight.detach() / torch.sqrt(layer.running_var + layer.eps)
    return layer.bias.detach() - layer.running_mean * scale


def _stretched(parts: "Tensor", images: "Tensor") -> "Tensor":
    """ψ summed over channels: (1, D, h, w) to (S, S)."""
    import torch.nn.functional as F  # noqa: N812

    scaled = parts[0].abs()
    scaled = scaled - scaled.amin(dim=(1, 2), keepdim=True)
    scaled = (scaled / (TINY + scaled.amax(dim=(1, 2), keepdim=True))).sum(dim=0)
    size = tuple(images.shape[-2:])
    return F.interpolate(scaled[None, None], size=size, mode="bilinear", align_corners=False)[0, 0]
