"""Every model of the table is built, run, and says what it is."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.errors import NotFound, NotTrainable
from core.explain import EXPLAINERS
from core.models import MODELS, entry, input_size
from core.models.multi_image_layers import last_layer

ROOT = Path(__file__).parents[3]
PICTURES = {"image": (), "views": (2,), "stack": (5,), "bag": (3,)}  # of a case, in these tests


def inputs(model, count, channels, size):
    """Chance images as that model takes them."""
    return torch.randn(count, *PICTURES[model.takes], channels, size, size)


@pytest.fixture(scope="module", params=MODELS)
def built(request):
    """(name, module, images): a model of colour images and three classes, drawn once, with two cases for it."""
    model = MODELS[request.param]
    size = input_size(model, 0, 33)
    torch.manual_seed(0)
    return request.param, model.build(3, 3, size, 0.25), inputs(model, 2, 3, size)


def outline(name, channels, classes, size):
    """A model whose weights have shapes and no values, which take seconds to draw."""
    with torch.device("meta"):
        return MODELS[name].build(channels, classes, size, 0.0)


@pytest.mark.parametrize("name", MODELS)
def test_grey_images_of_28_px_give_finite_logits(name):
    model = MODELS[name]
    size = input_size(model, 0, 28)
    torch.manual_seed(0)
    module = model.build(1, 2, size, 0.1).eval()
    with torch.no_grad():
        logits = module(inputs(model, 2, 1, size))
    assert logits.shape == (2, 2)
    assert torch.isfinite(logits).all()


def test_colour_and_any_size_give_finite_logits(built):
    _, module, images = built
    with torch.no_grad():
        logits = module.eval()(images)
    assert logits.shape == (2, 3)
    assert torch.isfinite(logits).all()


def test_every_weight_learns(built):
    name, module, images = built
    if name.startswith("vit"):  # torchvision starts its last layer at 0, which lets no gradient through the first time
        torch.nn.init.normal_(module.heads[1].head.weight)
    torch.nn.functional.cross_entropy(module.train()(images), torch.tensor([0, 2])).backward()
    assert [weight for weight, one in module.named_parameters() if one.grad is None] == []


def test_dropout_stands_before_the_last_layer(built):
    _, module, _ = built
    drops = [one.p for one in module.modules() if isinstance(one, torch.nn.Dropout)]
    assert 0.25 in drops


def test_the_last_layer_gives_the_classes(built):
    """Features, freezing and pretrained weights take the linear layer that is registered last for the output layer."""
    name, module, _ = built
    assert last_layer(module).out_features == 3, f"{name}: register the layer of the classes last (`linear_head`)"


def test_a_network_without_a_linear_layer_is_refused():
    with pytest.raises(NotTrainable, match="network Conv2d has no linear layer; end it with `linear_head` of core/mod"):
        last_layer(torch.nn.Conv2d(1, 2, 1))


def test_the_readme_counts_the_models():
    lines = (ROOT / "README.md").read_text().splitlines()
    counts = [(at, match[1]) for at, line in enumerate(lines, 1) if (match := re.search(r"(\d+) models\b", line))]
    assert counts
    for at, count in counts:
        assert int(count) == len(MODELS), f"README.md, line {at}: write {len(MODELS)} models for {count}"


def test_explainers_and_target_layer_agree(built):
    name, module, _ = built
    model = MODELS[name]
    assert model.explainers
    assert set(model.explainers) <= set(EXPLAINERS)
    assert (model.target_layer(module) is not None) == ("gradcam" in model.explainers)


def test_vit_tiny_is_the_standard_one():
    module = outline("vit_tiny", 3, 1000, 224)
    assert sum(one.numel() for one in module.parameters()) == 5_717_416  # DeiT-Ti as published: 5.7 M
    assert (module.patch_size, module.seq_length) == (16, 197)


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("alexnet", 61_100_840),
        ("vgg11_bn", 132_868_840),
        ("vgg16_bn", 138_365_992),
        ("googlenet", 6_624_904),
        ("inception_v3", 23_834_568),  # of torchvision's 27,161,264 without the auxiliary head
        ("resnet18", 11_689_512),
        ("resnet50", 25_557_032),
        ("mobilenet_v1", 4_231_976),
        ("efficientnet_v2_s", 21_458_488),
        ("convnext_tiny", 28_589_128),
        ("se_resnet50", 28_088_024),
        ("vit_small", 22_050_664),
        ("vit_base", 86_567_656),
        ("swin_tiny", 28_288_354),
        ("densenet121", 7_978_856),
        ("mobilenet_v2", 3_504_872),
        ("efficientnet_b0", 5_288_548),
        ("resnet3d_18", 33_679_272),  # torchvision's 33,371,472 with 1,000 classes for its 400
    ],
)
def test_backbones_have_as_many_weights_as_published(name, weights):
    assert sum(one.numel() for one in outline(name, 3, 1000, 224).parameters()) == weights


def test_a_small_cnn_is_shaped_by_its_knobs():
    build = MODELS["small_cnn"].build
    shaped = build(1, 2, 64, 0.0, kernel_size=5, blocks=3, pooling="average", norm="instance", dense=64)
    kernels = [one.kernel_size for one in shaped.modules() if isinstance(one, torch.nn.Conv2d)]
    assert kernels == [(5, 5)] * 3
    assert sum(isinstance(one, torch.nn.AvgPool2d) for one in shaped.modules()) == 2
    assert sum(isinstance(one, torch.nn.InstanceNorm2d) for one in shaped.modules()) == 3
    assert [one.out_features for one in shaped.modules() if isinstance(one, torch.nn.Linear)] == [64, 2]
    plain = build(1, 2, 64, 0.0, norm="none")
    assert not any(isinstance(one, torch.nn.BatchNorm2d) for one in plain.modules())
    assert build(1, 2, 64, 0.0).state_dict().keys() == build(1, 2, 64, 0.0, kernel_size=3).state_dict().keys()


@pytest.mark.parametrize(("name", "count"), [("se_resnet50", 16), ("cbam_resnet18", 8)])
def test_every_block_attends(name, count):
    from torchvision.ops import SqueezeExcitation

    from core.models.attention_resnets import CBAM

    module = outline(name, 1, 2, 64)
    assert sum(isinstance(one, SqueezeExcitation | CBAM) for one in module.modules()) == count


def test_attention_has_eight_heads_of_64():
    module = MODELS["cnn_attention"].build(1, 2, 28, 0.0)
    assert (module.attention.num_heads, module.attention.head_dim) == (8, 64)


def test_position_tells_every_cell_apart():
    from core.models.cnn_attention import sinusoidal_position_2d

    cells = sinusoidal_position_2d(torch.zeros(1, 512, 7, 9))[0].flatten(1).T  # (63, 512)
    distance = torch.cdist(cells, cells) + 1e9 * torch.eye(63)
    assert distance.min() > 1.0


def test_an_unknown_model_is_refused_with_the_choices():
    with pytest.raises(NotFound, match=r"Unknown model 'resnet19'; choose one of small_cnn, alexnet"):
        entry("resnet19")


def test_the_tables_and_the_form_load_neither_torch_nor_the_grad_cam_package():
    lines = "import sys, core.models, core.training.spec, core.training.examples, core.explain"
    heavy = "sorted({'torch', 'pytorch_grad_cam', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", f"{lines}; print({heavy})"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
