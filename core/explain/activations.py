"""One pass of a network that stops at a layer on its way back: only what lies behind that layer has gradients.

A map needs the gradient of one layer's output. Of all that lies before it nothing is remembered and nothing computed
again, which is most of the work of a backward pass.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.errors import InvalidInput
from core.lazy_modules import LazyModule

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.models import multi_image_layers
else:
    multi_image_layers = LazyModule("core.models.multi_image_layers")


@dataclass
class Activations:
    """A forward pass's feature maps (P, D, h, w), or (1, D, slices, h, w) of a volume, and its image weights."""

    feature_maps: "list[Tensor]" = field(default_factory=list)
    weights: "list[Tensor]" = field(default_factory=list)

    def map_of(self, name: str) -> "Tensor":
        """The layer's map.

        Raises:
            InvalidInput: it ran never or more than once, or gives no map of places.
        """
        if len(self.feature_maps) != 1 or self.feature_maps[0].dim() not in (4, 5):
            raise InvalidInput(f"Layer '{name}' has no feature map; choose another layer.")
        return self.feature_maps[0]

    def counted(self) -> tuple[float, ...]:
        """What each picture of the first case weighs; () where the model does not weigh them."""
        return tuple(self.weights[0][0].tolist()) if self.weights else ()


@contextmanager
def capture_activations(module: "nn.Module", layer: "nn.Module") -> "Iterator[Activations]":
    """Passes inside remember what follows the layer, and nothing else."""
    import torch

    captured = Activations()

    def leaf(_: "nn.Module", __: object, output: "Tensor") -> "Tensor":
        if not isinstance(output, torch.Tensor):
            raise InvalidInput("This layer has no feature map; choose another layer.")
        captured.feature_maps.append(output.detach().requires_grad_())
        torch.set_grad_enabled(True)  # until the pass is over
        return captured.feature_maps[-1].clone()  # an operation in place behind the layer must not change what is read

    handles = [layer.register_forward_hook(leaf)]
    handles += [
        layer.register_forward_hook(lambda _, __, output: captured.weights.append(output.detach()))
        for layer in module.modules()
        if isinstance(layer, multi_image_layers.BagAttention)
    ]
    try:
        with torch.no_grad(), without_cudnn_rnn(module):
            yield captured
    finally:
        for handle in handles:
            handle.remove()


def without_cudnn_rnn(module: "nn.Module") -> "AbstractContextManager[None]":
    """CuDNN's recurrent layers have no gradient outside training."""
    import torch
    from torch import nn

    recurrent = any(isinstance(one, nn.RNNBase) for one in module.modules())
    plain: AbstractContextManager[None] = torch.backends.cudnn.flags(enabled=False) if recurrent else nullcontext()
    return plain
