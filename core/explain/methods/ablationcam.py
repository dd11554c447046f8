"""AblationCAM (Desai & Ramaswamy 2020): a channel weighs as much as the output drops when its map is set to 0.

Needs no gradient, and as many passes as the layer has channels.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from core.explain.gradcam_package import finite, package_cam
from core.explain.methods.perturbation_cam import BATCH_SIZE, perturbation_method

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.explain.methods.perturbation_cam import Target

NAME = "ablationcam"


def combine(
    module: "nn.Module", layer: "nn.Module", images: "Tensor", feature_maps: "Tensor", target: "Target"
) -> "Tensor":
    """Return Σ (score − score without channel k) Aₖ, (1, h, w).

    The package divides by the score; shifted to 1, a negative score turns no map round and 0 divides nothing.
    """
    score = target(module(images)[0])
    with zeroed_channels(layer, feature_maps) as zeroed:
        cam = package_cam("AblationCAM", module, ablation_layer=zeroed, batch_size=BATCH_SIZE)
        cam.activations = feature_maps
        shifted = [lambda logits: target(logits) - score + 1]
        weighted = cam.get_cam_image(images, zeroed, shifted, feature_maps.cpu().numpy(), None, False)
    return finite(weighted, feature_maps)


@contextmanager
def zeroed_channels(layer: "nn.Module", feature_maps: "Tensor") -> Iterator[Any]:
    """Let `layer` give the package its batches (B, D, h, w), one channel of each at 0, in place of what it computes.

    The package would replace the layer in the network, where other threads find the other one and an error leaves it.
    Its own layer sets a channel to −10⁷ times its place in the batch where an activation is below 0.
    """
    from pytorch_grad_cam.ablation_layer import AblationLayer

    class ZeroedChannels(AblationLayer):  # type: ignore[misc]
        activations: "Tensor" = feature_maps
        indices: Sequence[int] = ()

        def set_next_batch(self, input_batch_index: int, activations: object, num_channels_to_ablate: int) -> None:  # noqa: ARG002
            self.activations = feature_maps.repeat(num_channels_to_ablate, 1, 1, 1)

        def __call__(self, _: object) -> "Tensor":
            for maps, channel in zip(self.activations, self.indices, strict=False):
                maps[channel] = 0
            return self.activations.clone()  # what follows may work in place

    zeroed = ZeroedChannels()
    vars(layer)["forward"] = zeroed
    try:
        yield zeroed
    finally:
        del vars(layer)["forward"]


explain = perturbation_method(NAME, combine)
