"""ScoreCAM (Wang et al. 2020): each channel's map is laid over the image as a mask, and weighed by the model's output.

Needs no gradient, and as many passes as the layer has channels.
"""

from typing import TYPE_CHECKING

from core.explain.gradcam_package import finite, package_cam
from core.explain.methods.perturbation_cam import BATCH_SIZE, perturbation_method

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.explain.methods.perturbation_cam import Target

NAME = "scorecam"


def combine(
    module: "nn.Module", layer: "nn.Module", images: "Tensor", feature_maps: "Tensor", target: "Target"
) -> "Tensor":
    """Return Σ softmax(score)ₖ Aₖ, (1, h, w)."""
    cam = package_cam("ScoreCAM", module)
    cam.batch_size = BATCH_SIZE
    weighted = cam.get_cam_image(images, layer, [target], feature_maps.cpu().numpy(), None, False)
    return finite(weighted, feature_maps)


explain = perturbation_method(NAME, combine)
