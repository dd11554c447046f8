"""MODELS: every network that can be trained, said once. Builders import torch only when called."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import NotFound
from core.models import attention, backbones, classics, cnn, light, several, vit
from core.models.encoders import TRUNK

if TYPE_CHECKING:
    from torch import nn

SHAPE = ("kernel_size", "blocks", "pooling", "norm", "dense")  # knobs of a training that shape a small CNN
READING = ("encoder", *TRUNK)  # knobs that say what reads each of several pictures

# What can show where a network looked (see `core.explain.EXPLAINERS`), the usual one first.
BY_MAP = ("gradcam", "gradcam_plus", "hirescam", "layercam", "eigencam")  # by a convolutional map of each picture
BY_ASKING = ("integrated_gradients", "occlusion")  # by what it says of other images
CONVOLVED = (*BY_MAP, "scorecam", *BY_ASKING)
BIASED = (*BY_MAP, "scorecam", "fullgrad", *BY_ASKING)
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
        "small_cnn",
        "Small CNN",
        "Blocks of convolutions, shaped below; trains in seconds, a first look at any data.",
        "cnn",
        16,
        64,
        cnn.small_cnn,
        cnn.last_block,
        BIASED,
        0.05,
        SHAPE,
    ),
    ModelEntry(
        "alexnet",
        "AlexNet",
        "Five convolutions and three large layers; for comparison with old papers.",
        "cnn",
        64,
        224,
        classics.alexnet,
        classics.before_last_pool,
        BIASED,
        0.71,
    ),
    ModelEntry(
        "vgg11_bn",
        "VGG-11",
        "Plain 3×3 convolutions with batch norm; many weights, easy to explain.",
        "cnn",
        32,
        224,
        classics.vgg11_bn,
        classics.before_last_pool,
        BIASED,
        7.6,
    ),
    ModelEntry(
        "vgg16_bn",
        "VGG-16",
        "The deeper VGG with batch norm; slow and large, still common in papers.",
        "cnn",
        32,
        224,
        classics.vgg16_bn,
        classics.before_last_pool,
        BIASED,
        15.5,
    ),
    ModelEntry(
        "googlenet",
        "GoogLeNet",
        "Parallel convolutions of several sizes; few weights for its time.",
        "cnn",
        32,
        224,
        classics.googlenet,
        classics.googlenet_target,
        BIASED,
        1.5,
    ),
    ModelEntry(
        "inception_v3",
        "Inception-v3",
        "The third Inception; made for 299 pixels, good at fine detail.",
        "cnn",
        80,
        299,
        classics.inception_v3,
        classics.inception_target,
        BIASED,
        5.7,
    ),
    ModelEntry(
        "resnet18",
        "ResNet-18",
        "Residual network of 18 layers; the baseline most papers compare with.",
        "cnn",
        64,
        224,
        backbones.resnet18,
        backbones.resnet_target,
        BIASED,
        1.8,
    ),
    ModelEntry(
        "resnet50",
        "ResNet-50",
        "Residual network of 50 layers; more capacity, wants more data or a good start.",
        "cnn",
        64,
        224,
        backbones.resnet50,
        backbones.resnet_target,
        BIASED,
        4.1,
    ),
    ModelEntry(
        "densenet121",
        "DenseNet-121",
        "Densely connected network; common for chest X-rays, slow on a CPU.",
        "cnn",
        64,
        224,
        backbones.densenet121,
        backbones.features_target,
        BIASED,
        2.8,
    ),
    ModelEntry(
        "mobilenet_v1",
        "MobileNet V1",
        "Depthwise convolutions made for phones; quick, and simpler than V2.",
        "cnn",
        64,
        224,
        light.mobilenet_v1,
        backbones.features_target,
        BIASED,
        0.57,
    ),
    ModelEntry(
        "mobilenet_v2",
        "MobileNet V2",
        "Small and quick network made for phones; a light second opinion.",
        "cnn",
        64,
        224,
        backbones.mobilenet_v2,
        backbones.features_target,
        BIASED,
        0.3,
    ),
    ModelEntry(
        "efficientnet_b0",
        "EfficientNet-B0",
        "Few weights for its accuracy; from scratch it wants more epochs.",
        "cnn",
        64,
        224,
        backbones.efficientnet_b0,
        backbones.features_target,
        BIASED,
        0.4,
    ),
    ModelEntry(
        "efficientnet_v2_s",
        "EfficientNetV2-S",
        "Trains faster than B0's larger sisters; for a GPU.",
        "cnn",
        64,
        300,
        backbones.efficientnet_v2_s,
        backbones.features_target,
        BIASED,
        5.4,
    ),
    ModelEntry(
        "convnext_tiny",
        "ConvNeXt-T",
        "A convolutional network built like a transformer; strong with much data.",
        "cnn",
        64,
        224,
        backbones.convnext_tiny,
        backbones.features_target,
        CONVOLVED,
        4.5,
    ),
    ModelEntry(
        "se_resnet50",
        "SE-ResNet-50",
        "ResNet-50 that weighs its channels by what the whole image shows.",
        "attention",
        64,
        224,
        attention.se_resnet50,
        backbones.resnet_target,
        BIASED,
        4.1,
    ),
    ModelEntry(
        "cbam_resnet18",
        "ResNet-18 with CBAM",
        "ResNet-18 that weighs channels, then places, in every block.",
        "attention",
        64,
        224,
        attention.cbam_resnet18,
        backbones.resnet_target,
        BIASED,
        1.8,
    ),
    ModelEntry(
        "cnn_attention",
        "CNN with attention",
        "A small CNN whose feature map attends to itself: 8 heads of 64.",
        "attention",
        28,
        64,
        attention.cnn_attention,
        attention.trunk_target,
        (*ATTENDED, *CONVOLVED),
        0.1,
    ),
    ModelEntry(
        "vit_tiny",
        "ViT-Tiny",
        "Vision transformer, width 192, 3 heads, 12 layers; needs much data or many epochs.",
        "attention",
        28,
        224,
        vit.vit_tiny,
        attention.no_target,
        (*ATTENDED, *BY_ASKING),
        1.1,
    ),
    ModelEntry(
        "vit_small",
        "ViT-Small",
        "Vision transformer, width 384, 6 heads, 12 layers; for large datasets.",
        "attention",
        28,
        224,
        vit.vit_small,
        attention.no_target,
        (*ATTENDED, *BY_ASKING),
        4.2,
    ),
    ModelEntry(
        "vit_base",
        "ViT-Base",
        "Vision transformer, width 768, 12 heads, 12 layers; for large datasets and a GPU.",
        "attention",
        28,
        224,
        vit.vit_base,
        attention.no_target,
        (*ATTENDED, *BY_ASKING),
        16.9,
    ),
    ModelEntry(
        "swin_tiny",
        "Swin-T",
        "Transformer that attends within shifting windows; keeps places, unlike ViT.",
        "attention",
        32,
        224,
        attention.swin_tiny,
        attention.swin_target,
        CONVOLVED,
        4.5,
    ),
    ModelEntry(
        "attention_mil",
        "Attention MIL",
        "All images of a study, weighed by what each says; shows which ones counted.",
        "bag",
        28,
        128,
        several.attention_mil,
        several.encoder_target,
        SEVERAL,
        4.9,
        READING,
        "bag",
    ),
    ModelEntry(
        "late_fusion",
        "Late fusion",
        "Two views of a study, each read alone, then joined; to compare with.",
        "fusion",
        28,
        224,
        several.late_fusion,
        several.encoder_target,
        SEVERAL,
        1.9,
        READING,
        "views",
    ),
    ModelEntry(
        "cross_attention",
        "Cross-attention",
        "Two views of a study whose places look at each other's first.",
        "fusion",
        28,
        224,
        several.cross_attention,
        several.encoder_target,
        CROSSING,
        1.9,
        READING,
        "views",
    ),
    ModelEntry(
        "cnn_gru",
        "CNN and GRU",
        "The slices of a series one after another, there and back, with a memory.",
        "sequence",
        28,
        128,
        several.cnn_gru,
        several.encoder_target,
        SEVERAL,
        4.9,
        READING,
        "stack",
    ),
    ModelEntry(
        "cnn_gru_attention",
        "CNN, GRU and attention",
        "As CNN and GRU, and weighs the slices: shows which counted.",
        "sequence",
        28,
        128,
        several.cnn_gru_attention,
        several.encoder_target,
        SEVERAL,
        4.9,
        READING,
        "stack",
    ),
    ModelEntry(
        "resnet3d_18",
        "3-D ResNet-18",
        "A series as a volume; for findings that only several slices show, on a GPU.",
        "volume",
        28,
        112,
        several.resnet3d_18,
        several.volume_target,
        SEVERAL,
        39.8,
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
