"""ModelEntry: what is known of a network before it is built, and the explainers that suit a kind of network."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

# Explainers of a network (see `core.explain.EXPLAINERS`), the default first.
BY_GRADIENT = ("gradcam", "gradcam_plus", "hirescam", "layercam", "xgradcam", "shapleycam", "finercam", "eigengradcam")
BY_MAP = (*BY_GRADIENT, "eigencam", "kpcacam")  # need a convolutional feature map
BY_MASKING = ("scorecam", "ablationcam")  # need the output for masked channels
BY_PERTURBATION = ("integrated_gradients", "occlusion")  # need only the output for modified images
CONVOLUTIONAL = (*BY_MAP, *BY_MASKING, *BY_PERTURBATION)
CONVOLUTIONAL_WITH_BIAS = (*BY_MAP, *BY_MASKING, "fullgrad", *BY_PERTURBATION)
ATTENTION = ("rollout", "gradient_rollout", "heads")
MULTI_IMAGE = (*BY_MAP, "integrated_gradients")
CROSS_ATTENTION = (*MULTI_IMAGE, "cross_attention")


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A network: description, sizes, and how it is built.

    `build(channels, classes, size, dropout, **knobs)` returns a module from (B, channels, size, size) to logits
    (B, classes); `knobs` names the other hyperparameters it takes.
    `target_layer(module)` is the layer for Grad-CAM, None where it does not apply.
    Sizes are edges in pixels; an image below `least_size` is upsampled to it on the device.
    `family` is the operation that combines the parts of an image ("cnn", "attention") or the images of a case ("bag",
    "fusion", "sequence", "volume").
    `takes` is the input per case: "image" (its main image), "stack" (a fixed number of images, evenly spaced along a
    series), "bag" (any images of a study, unordered) or "views" (two, one of each view). All but "image" take
    (B, images, channels, size, size), where an absent image of a bag is all NaN.
    `gflops` counts billions of multiply-adds of one forward pass per case at the default size, with 16 images where it
    takes several, and with the default encoder. It decides whether the search for label errors trains the model on a
    CPU, and how many cases a saliency check compares.
    `parameters` counts the weights for grey images of the default size, two classes and default hyperparameters.
    `pretrained` names torchvision's weights, "" where it has none.
    """

    name: str
    title: str
    summary: str
    family: str
    least_size: int
    default_size: int
    build: "Callable[..., nn.Module]"
    target_layer: "Callable[[nn.Module], nn.Module | None]"
    explainers: tuple[str, ...]
    gflops: float
    parameters: int
    knobs: tuple[str, ...] = ()
    takes: str = "image"
    pretrained: str = ""
