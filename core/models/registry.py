"""MODELS: the registry of all trainable networks. Builders import torch only when called."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import NotFound
from core.models import (
    attention,
    mobilenet_v1,
    multi_image_builders,
    small_cnn,
    torchvision_backbones,
    torchvision_classics,
    vit,
)
from core.models.encoders import TRUNK

if TYPE_CHECKING:
    from torch import nn

SHAPE = ("kernel_size", "blocks", "pooling", "norm", "dense")  # hyperparameters of the small CNN
ENCODER_SHAPE = ("encoder", *TRUNK)  # hyperparameters of the image encoder

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
    takes several, and with the default encoder.
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
    knobs: tuple[str, ...] = ()
    takes: str = "image"


_ENTRIES = (
    ModelEntry(
        name="small_cnn",
        title="Small CNN",
        summary="Configurable convolution blocks; trains in seconds, for a first look at any data.",
        family="cnn",
        least_size=16,
        default_size=64,
        build=small_cnn.small_cnn,
        target_layer=small_cnn.last_block,
        explainers=CONVOLUTIONAL_WITH_BIAS,
        gflops=0.05,
        knobs=SHAPE,
    ),
    ModelEntry(
        name="alexnet",
        title="AlexNet",
        summary="Five convolutions and three large dense layers; for comparison with older papers.",
        family="cnn",
        least_size=64,
        default_size=224,
        build=torchvision_classics.alexnet,
        target_layer=torchvision_classics.before_last_pool,
        explainers=CONVOLUTIONAL_WITH_BIAS,
        gflops=0.71,
    ),
    ModelEntry(
        name="vgg11_bn",
        title="VGG-11",
        summary="Plain 3×3 convolutions with batch norm; many weights, easy to explain.",
        family="cnn",
        least_size=32,
        default_size=224,
        build=torchvision_classics.vgg11_bn,
        target_layer=torchvision_classics.before_last_pool,
        explainers=CONVOLUTIONAL_WITH_BIAS,
        gflops=7.6,
    ),
    ModelEntry(
        name="vgg16_bn",
        title="VGG-16",
        summary="The deeper VGG with batch norm; slow and large, still common in papers.",
        family="cnn",
        least_size=32,
        default_size=224,
        build=torchvision_classics.vgg16_bn,
        target_layer=torchvision_classics.before_last_pool,
        explainers=CONVOLUTIONAL_WITH_BIAS,
        gflops=15.5,
    ),
    ModelEntry(
        name="googlenet",
        title="GoogLeNet",
        summary="Parallel convolutions of several sizes; few weights for its time.",
        family="cnn",
        least_size=32,
        default_size=224,
        build=torchvision_classics.googlenet,
        target_layer=torchvision_classics.googlenet_target,
        explainers=CONVOLUTIONAL_WITH_BIAS,
        gflops=1.5,
    ),
    ModelEntry(
        name="inception_v3",
        title="Inception-v3",
        summary="Third version of Inception, designed for 299 pixels; good at fine detail.",
        family="cnn",
        least_size=80,
        default_size=299,
        build=torchvision_classics.inception_v3,
        target_layer=torchvision_classics.inception_target,
        explainers=CONVOLUTIONAL_WITH_BIAS,
        gflops=5.7,
    ),
    ModelEntry(
        name="resnet18",
        title="ResNet-18",
        summary="Residual network of 18 layers; the baseline most papers compare with.",
        family="cnn",
        least_size=64,
        default_size=224,
        build=torchvision_backbones.resnet18,
        target_layer=torchvision_backbones.resnet_target,
        explainers=CONVOLUTIONAL_WITH_BIAS,
        gflops=1.8,
    ),
    ModelEntry(
        name="resnet50",
        title="ResNet-50",
        summary="Residual network of 50 layers; more capacity, needs more data or pretrained weights.",
        family="cnn",
        least_size=64,
        default_size=224,
        build=torchvision_backbones.resnet50,
        target_layer=torchvision_backbones.resnet_target,
        explainers=CONVOLUTIONAL_WITH_BIAS,
        gflops=4.1,
    ),
    ModelEntry(
        name="densenet121",
        title="DenseNet-121",
        summary="Densely connected network; common for chest X-rays, slow on a CPU.",
        family="cnn",
        least_size=64,
        default_size=224,
        build=torchvision_backbones.densenet121,
        target_layer=torchvision_backbones.features_target,
        explainers=CONVOLUTIONAL_WITH_BIAS,
        gflops=2.8,
    ),
    ModelEntry(
        name="mobilenet_v1",
        title="MobileNet V1",
        summary="Depthwise convolutions for mobile devices; fast, and simpler than V2.",
        family="cnn",
        least_size=64,
        default_size=224,
        build=mobilenet_v1.mobilenet_v1,
        target_layer=torchvision_backbones.features_target,
        explainers=CONVOLUTIONAL_WITH_BIAS,
        gflops=0.57,
    ),
    ModelEntry(
        name="mobilenet_v2",
        title="MobileNet V2",
        summary="Small and fast network for mobile devices; a light second opinion.",
        family="cnn",
        least_size=64,
        default_size=224,
        build=torchvision_backbones.mobilenet_v2,
        target_layer=torchvision_backbones.features_target,
        explainers=CONVOLUTIONAL_WITH_BIAS,
        gflops=0.3,
    ),
    ModelEntry(
        name="efficientnet_b0",
        title="EfficientNet-B0",
        summary="Few weights for its accuracy; needs more epochs when trained from scratch.",
        family="cnn",
        least_size=64,
        default_size=224,
        build=torchvision_backbones.efficientnet_b0,
        target_layer=torchvision_backbones.features_target,
        explainers=CONVOLUTIONAL_WITH_BIAS,
        gflops=0.4,
    ),
    ModelEntry(
        name="efficientnet_v2_s",
        title="EfficientNetV2-S",
        summary="Trains faster than the larger EfficientNets of version 1; for a GPU.",
        family="cnn",
        least_size=64,
        default_size=300,
        build=torchvision_backbones.efficientnet_v2_s,
        target_layer=torchvision_backbones.features_target,
        explainers=CONVOLUTIONAL_WITH_BIAS,
        gflops=5.4,
    ),
    ModelEntry(
        name="convnext_tiny",
        title="ConvNeXt-T",
        summary="Convolutional network with a transformer-like design; strong on large datasets.",
        family="cnn",
        least_size=64,
        default_size=224,
        build=torchvision_backbones.convnext_tiny,
        target_layer=torchvision_backbones.features_target,
        explainers=CONVOLUTIONAL,
        gflops=4.5,
    ),
    ModelEntry(
        name="se_resnet50",
        title="SE-ResNet-50",
        summary="ResNet-50 with squeeze-and-excitation: channels weighted by global context.",
        family="attention",
        least_size=64,
        default_size=224,
        build=attention.se_resnet50,
        target_layer=torchvision_backbones.resnet_target,
        explainers=CONVOLUTIONAL_WITH_BIAS,
        gflops=4.1,
    ),
    ModelEntry(
        name="cbam_resnet18",
        title="ResNet-18 with CBAM",
        summary="ResNet-18 with channel and spatial attention in every block.",
        family="attention",
        least_size=64,
        default_size=224,
        build=attention.cbam_resnet18,
        target_layer=torchvision_backbones.resnet_target,
        explainers=CONVOLUTIONAL_WITH_BIAS,
        gflops=1.8,
    ),
    ModelEntry(
        name="cnn_attention",
        title="CNN with attention",
        summary="Small CNN with self-attention over its feature map: 8 heads of 64.",
        family="attention",
        least_size=28,
        default_size=64,
        build=attention.cnn_attention,
        target_layer=attention.trunk_target,
        explainers=(*ATTENTION, *CONVOLUTIONAL),
        gflops=0.1,
    ),
    ModelEntry(
        name="vit_tiny",
        title="ViT-Tiny",
        summary="Vision transformer, width 192, 3 heads, 12 layers; needs a large dataset or many epochs.",
        family="attention",
        least_size=28,
        default_size=224,
        build=vit.vit_tiny,
        target_layer=attention.no_target,
        explainers=(*ATTENTION, *BY_PERTURBATION),
        gflops=1.1,
    ),
    ModelEntry(
        name="vit_small",
        title="ViT-Small",
        summary="Vision transformer, width 384, 6 heads, 12 layers; for large datasets.",
        family="attention",
        least_size=28,
        default_size=224,
        build=vit.vit_small,
        target_layer=attention.no_target,
        explainers=(*ATTENTION, *BY_PERTURBATION),
        gflops=4.2,
    ),
    ModelEntry(
        name="vit_base",
        title="ViT-Base",
        summary="Vision transformer, width 768, 12 heads, 12 layers; for large datasets and a GPU.",
        family="attention",
        least_size=28,
        default_size=224,
        build=vit.vit_base,
        target_layer=attention.no_target,
        explainers=(*ATTENTION, *BY_PERTURBATION),
        gflops=16.9,
    ),
    ModelEntry(
        name="swin_tiny",
        title="Swin-T",
        summary="Transformer with shifted-window attention; keeps spatial detail, unlike ViT.",
        family="attention",
        least_size=32,
        default_size=224,
        build=attention.swin_tiny,
        target_layer=attention.swin_target,
        explainers=CONVOLUTIONAL,
        gflops=4.5,
    ),
    ModelEntry(
        name="attention_mil",
        title="Attention MIL",
        summary="All images of a study, weighted by attention; shows which images counted.",
        family="bag",
        least_size=28,
        default_size=128,
        build=multi_image_builders.attention_mil,
        target_layer=multi_image_builders.encoder_target,
        explainers=MULTI_IMAGE,
        gflops=4.9,
        knobs=ENCODER_SHAPE,
        takes="bag",
    ),
    ModelEntry(
        name="late_fusion",
        title="Late fusion",
        summary="Two views of a study, encoded separately, then combined; a baseline for fusion.",
        family="fusion",
        least_size=28,
        default_size=224,
        build=multi_image_builders.late_fusion,
        target_layer=multi_image_builders.encoder_target,
        explainers=MULTI_IMAGE,
        gflops=1.9,
        knobs=ENCODER_SHAPE,
        takes="views",
    ),
    ModelEntry(
        name="cross_attention",
        title="Cross-attention",
        summary="Two views of a study that attend to each other before they are combined.",
        family="fusion",
        least_size=28,
        default_size=224,
        build=multi_image_builders.cross_attention,
        target_layer=multi_image_builders.encoder_target,
        explainers=CROSS_ATTENTION,
        gflops=1.9,
        knobs=ENCODER_SHAPE,
        takes="views",
    ),
    ModelEntry(
        name="cnn_gru",
        title="CNN and GRU",
        summary="The slices of a series in order, in both directions (recurrent network).",
        family="sequence",
        least_size=28,
        default_size=128,
        build=multi_image_builders.cnn_gru,
        target_layer=multi_image_builders.encoder_target,
        explainers=MULTI_IMAGE,
        gflops=4.9,
        knobs=ENCODER_SHAPE,
        takes="stack",
    ),
    ModelEntry(
        name="cnn_gru_attention",
        title="CNN, GRU and attention",
        summary="As CNN and GRU, with attention over the slices: shows which slices counted.",
        family="sequence",
        least_size=28,
        default_size=128,
        build=multi_image_builders.cnn_gru_attention,
        target_layer=multi_image_builders.encoder_target,
        explainers=MULTI_IMAGE,
        gflops=4.9,
        knobs=ENCODER_SHAPE,
        takes="stack",
    ),
    ModelEntry(
        name="resnet3d_18",
        title="3-D ResNet-18",
        summary="A series as a volume; for findings that extend over several slices, on a GPU.",
        family="volume",
        least_size=28,
        default_size=112,
        build=multi_image_builders.resnet3d_18,
        target_layer=multi_image_builders.volume_target,
        explainers=MULTI_IMAGE,
        gflops=39.8,
        takes="stack",
    ),
)

MODELS: dict[str, ModelEntry] = {one.name: one for one in _ENTRIES}


def entry(name: str) -> ModelEntry:
    """Return the model of that name.

    Raises:
        NotFound: no model has that name.
    """
    if name not in MODELS:
        raise NotFound(f"Unknown model '{name}'; choose one of {', '.join(MODELS)}.")
    return MODELS[name]
