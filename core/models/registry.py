"""MODELS: every network that can be trained, said once. Builders import torch only when called."""

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

SHAPE = ("kernel_size", "blocks", "pooling", "norm", "dense")  # knobs of a training that shape a small CNN
READING = ("encoder", *TRUNK)  # knobs that say what reads each of several pictures

# What can show where a network looked (see `core.explain.EXPLAINERS`), the usual one first.
BY_GRADIENT = ("gradcam", "gradcam_plus", "hirescam", "layercam", "xgradcam", "shapleycam", "finercam", "eigengradcam")
BY_MAP = (*BY_GRADIENT, "eigencam", "kpcacam")  # by a convolutional map of each picture
BY_MASKING = ("scorecam", "ablationcam")  # by what it says of masked channels
BY_ASKING = ("integrated_gradients", "occlusion")  # by what it says of other images
CONVOLVED = (*BY_MAP, *BY_MASKING, *BY_ASKING)
BIASED = (*BY_MAP, *BY_MASKING, "fullgrad", *BY_ASKING)
ATTENDED = ("rollout", "gradient_rollout", "heads")
SEVERAL = (*BY_MAP, "integrated_gradients")
CROSSING = (*SEVERAL, "cross_attention")


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One network: what it is, what it suits, how it is made.

    `build(channels, classes, size, dropout, **knobs)` gives a module from (B, channels, size, size) to logits
    (B, classes); `knobs` names what it takes of a training's settings besides.
    `target_layer(module)` is the layer Grad-CAM reads, None where it does not apply.
    Sizes are edges in pixels; an image below `least_size` is upsampled to it on the device.
    `family` is what joins the parts of a picture ("cnn", "attention") or the pictures of a case ("bag", "fusion",
    "sequence", "volume").
    `takes` is what it sees of a case: "image" (its main picture), "stack" (a fixed number of pictures, evenly spaced
    along a series), "bag" (some pictures of a study, in any order) or "views" (two, one of each view). All but "image"
    see (B, pictures, channels, size, size), where a picture of a bag that is not there is all NaN.
    `gflops` is the work of one case forward at the default size, of 16 pictures where it sees several (multiply-adds,
    in thousands of millions), with the default encoder.
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
        summary="Blocks of convolutions, shaped below; trains in seconds, a first look at any data.",
        family="cnn",
        least_size=16,
        default_size=64,
        build=small_cnn.small_cnn,
        target_layer=small_cnn.last_block,
        explainers=BIASED,
        gflops=0.05,
        knobs=SHAPE,
    ),
    ModelEntry(
        name="alexnet",
        title="AlexNet",
        summary="Five convolutions and three large layers; for comparison with old papers.",
        family="cnn",
        least_size=64,
        default_size=224,
        build=torchvision_classics.alexnet,
        target_layer=torchvision_classics.before_last_pool,
        explainers=BIASED,
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
        explainers=BIASED,
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
        explainers=BIASED,
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
        explainers=BIASED,
        gflops=1.5,
    ),
    ModelEntry(
        name="inception_v3",
        title="Inception-v3",
        summary="The third Inception; made for 299 pixels, good at fine detail.",
        family="cnn",
        least_size=80,
        default_size=299,
        build=torchvision_classics.inception_v3,
        target_layer=torchvision_classics.inception_target,
        explainers=BIASED,
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
        explainers=BIASED,
        gflops=1.8,
    ),
    ModelEntry(
        name="resnet50",
        title="ResNet-50",
        summary="Residual network of 50 layers; more capacity, wants more data or a good start.",
        family="cnn",
        least_size=64,
        default_size=224,
        build=torchvision_backbones.resnet50,
        target_layer=torchvision_backbones.resnet_target,
        explainers=BIASED,
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
        explainers=BIASED,
        gflops=2.8,
    ),
    ModelEntry(
        name="mobilenet_v1",
        title="MobileNet V1",
        summary="Depthwise convolutions made for phones; quick, and simpler than V2.",
        family="cnn",
        least_size=64,
        default_size=224,
        build=mobilenet_v1.mobilenet_v1,
        target_layer=torchvision_backbones.features_target,
        explainers=BIASED,
        gflops=0.57,
    ),
    ModelEntry(
        name="mobilenet_v2",
        title="MobileNet V2",
        summary="Small and quick network made for phones; a light second opinion.",
        family="cnn",
        least_size=64,
        default_size=224,
        build=torchvision_backbones.mobilenet_v2,
        target_layer=torchvision_backbones.features_target,
        explainers=BIASED,
        gflops=0.3,
    ),
    ModelEntry(
        name="efficientnet_b0",
        title="EfficientNet-B0",
        summary="Few weights for its accuracy; from scratch it wants more epochs.",
        family="cnn",
        least_size=64,
        default_size=224,
        build=torchvision_backbones.efficientnet_b0,
        target_layer=torchvision_backbones.features_target,
        explainers=BIASED,
        gflops=0.4,
    ),
    ModelEntry(
        name="efficientnet_v2_s",
        title="EfficientNetV2-S",
        summary="Trains faster than B0's larger sisters; for a GPU.",
        family="cnn",
        least_size=64,
        default_size=300,
        build=torchvision_backbones.efficientnet_v2_s,
        target_layer=torchvision_backbones.features_target,
        explainers=BIASED,
        gflops=5.4,
    ),
    ModelEntry(
        name="convnext_tiny",
        title="ConvNeXt-T",
        summary="A convolutional network built like a transformer; strong with much data.",
        family="cnn",
        least_size=64,
        default_size=224,
        build=torchvision_backbones.convnext_tiny,
        target_layer=torchvision_backbones.features_target,
        explainers=CONVOLVED,
        gflops=4.5,
    ),
    ModelEntry(
        name="se_resnet50",
        title="SE-ResNet-50",
        summary="ResNet-50 that weighs its channels by what the whole image shows.",
        family="attention",
        least_size=64,
        default_size=224,
        build=attention.se_resnet50,
        target_layer=torchvision_backbones.resnet_target,
        explainers=BIASED,
        gflops=4.1,
    ),
    ModelEntry(
        name="cbam_resnet18",
        title="ResNet-18 with CBAM",
        summary="ResNet-18 that weighs channels, then places, in every block.",
        family="attention",
        least_size=64,
        default_size=224,
        build=attention.cbam_resnet18,
        target_layer=torchvision_backbones.resnet_target,
        explainers=BIASED,
        gflops=1.8,
    ),
    ModelEntry(
        name="cnn_attention",
        title="CNN with attention",
        summary="A small CNN whose feature map attends to itself: 8 heads of 64.",
        family="attention",
        least_size=28,
        default_size=64,
        build=attention.cnn_attention,
        target_layer=attention.trunk_target,
        explainers=(*ATTENDED, *CONVOLVED),
        gflops=0.1,
    ),
    ModelEntry(
        name="vit_tiny",
        title="ViT-Tiny",
        summary="Vision transformer, width 192, 3 heads, 12 layers; needs much data or many epochs.",
        family="attention",
        least_size=28,
        default_size=224,
        build=vit.vit_tiny,
        target_layer=attention.no_target,
        explainers=(*ATTENDED, *BY_ASKING),
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
        explainers=(*ATTENDED, *BY_ASKING),
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
        explainers=(*ATTENDED, *BY_ASKING),
        gflops=16.9,
    ),
    ModelEntry(
        name="swin_tiny",
        title="Swin-T",
        summary="Transformer that attends within shifting windows; keeps places, unlike ViT.",
        family="attention",
        least_size=32,
        default_size=224,
        build=attention.swin_tiny,
        target_layer=attention.swin_target,
        explainers=CONVOLVED,
        gflops=4.5,
    ),
    ModelEntry(
        name="attention_mil",
        title="Attention MIL",
        summary="All images of a study, weighed by what each says; shows which ones counted.",
        family="bag",
        least_size=28,
        default_size=128,
        build=multi_image_builders.attention_mil,
        target_layer=multi_image_builders.encoder_target,
        explainers=SEVERAL,
        gflops=4.9,
        knobs=READING,
        takes="bag",
    ),
    ModelEntry(
        name="late_fusion",
        title="Late fusion",
        summary="Two views of a study, each read alone, then joined; to compare with.",
        family="fusion",
        least_size=28,
        default_size=224,
        build=multi_image_builders.late_fusion,
        target_layer=multi_image_builders.encoder_target,
        explainers=SEVERAL,
        gflops=1.9,
        knobs=READING,
        takes="views",
    ),
    ModelEntry(
        name="cross_attention",
        title="Cross-attention",
        summary="Two views of a study whose places look at each other's first.",
        family="fusion",
        least_size=28,
        default_size=224,
        build=multi_image_builders.cross_attention,
        target_layer=multi_image_builders.encoder_target,
        explainers=CROSSING,
        gflops=1.9,
        knobs=READING,
        takes="views",
    ),
    ModelEntry(
        name="cnn_gru",
        title="CNN and GRU",
        summary="The slices of a series one after another, there and back, with a memory.",
        family="sequence",
        least_size=28,
        default_size=128,
        build=multi_image_builders.cnn_gru,
        target_layer=multi_image_builders.encoder_target,
        explainers=SEVERAL,
        gflops=4.9,
        knobs=READING,
        takes="stack",
    ),
    ModelEntry(
        name="cnn_gru_attention",
        title="CNN, GRU and attention",
        summary="As CNN and GRU, and weighs the slices: shows which counted.",
        family="sequence",
        least_size=28,
        default_size=128,
        build=multi_image_builders.cnn_gru_attention,
        target_layer=multi_image_builders.encoder_target,
        explainers=SEVERAL,
        gflops=4.9,
        knobs=READING,
        takes="stack",
    ),
    ModelEntry(
        name="resnet3d_18",
        title="3-D ResNet-18",
        summary="A series as a volume; for findings that only several slices show, on a GPU.",
        family="volume",
        least_size=28,
        default_size=112,
        build=multi_image_builders.resnet3d_18,
        target_layer=multi_image_builders.volume_target,
        explainers=SEVERAL,
        gflops=39.8,
        takes="stack",
    ),
)

MODELS: dict[str, ModelEntry] = {one.name: one for one in _ENTRIES}


def entry(name: str) -> ModelEntry:
    """The model of that name.

    Raises:
        NotFound: no model has that name.
    """
    if name not in MODELS:
        raise NotFound(f"There is no model '{name}'; choose one of {', '.join(MODELS)}.")
    return MODELS[name]
