"""Every model of the table is built, run, and says what it is."""

import subprocess
import sys

import pytest
import torch

from core.errors import NotFound
from core.explain import EXPLAINERS
from core.models import MODELS, entry, input_size


def test_the_table_holds_the_models_of_the_form():
    assert list(MODELS) == ["small_cnn", "resnet18", "densenet121", "mobilenet_v2", "efficientnet_b0",
                            "cnn_attention", "vit_tiny"]  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("channels", "classes", "edge"), [(1, 2, 28), (3, 5, 33), (4, 3, 64)])
def test_any_channel_count_and_size_gives_finite_logits(name, channels, classes, edge):
    model = MODELS[name]
    size = input_size(model, 0, edge)
    torch.manual_seed(0)
    module = model.build(channels, classes, size, 0.1).eval()
    with torch.no_grad():
        logits = module(torch.randn(2, channels, size, size))
    assert logits.shape == (2, classes)
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize("name", MODELS)
def test_every_weight_learns(name):
    model = MODELS[name]
    size = input_size(model, 0, 28)
    torch.manual_seed(0)
    module = model.build(2, 3, size, 0.0).train()
    if name == "vit_tiny":  # torchvision starts its last layer at 0, which lets no gradient through the first time
        torch.nn.init.normal_(module.heads[1].head.weight)
    torch.nn.functional.cross_entropy(module(torch.randn(2, 2, size, size)), torch.tensor([0, 2])).backward()
    assert [weight for weight, one in module.named_parameters() if one.grad is None] == []


@pytest.mark.parametrize("name", MODELS)
def test_dropout_stands_before_the_last_layer(name):
    module = MODELS[name].build(1, 2, 64, 0.25)
    drops = [one.p for one in module.modules() if isinstance(one, torch.nn.Dropout)]
    assert 0.25 in drops


def test_vit_tiny_is_the_standard_one():
    module = MODELS["vit_tiny"].build(3, 1000, 224, 0.0)
    assert sum(one.numel() for one in module.parameters()) == 5_717_416  # DeiT-Ti as published: 5.7 M
    assert (module.patch_size, module.seq_length) == (16, 197)


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("resnet18", 11_689_512),
        ("densenet121", 7_978_856),
        ("mobilenet_v2", 3_504_872),
        ("efficientnet_b0", 5_288_548),
    ],
)
def test_backbones_have_as_many_weights_as_published(name, weights):
    module = MODELS[name].build(3, 1000, 224, 0.0)
    assert sum(one.numel() for one in module.parameters()) == weights


def test_attention_has_eight_heads_of_64():
    module = MODELS["cnn_attention"].build(1, 2, 28, 0.0)
    assert (module.attention.num_heads, module.attention.head_dim) == (8, 64)


def test_position_tells_every_cell_apart():
    from core.models.attending import position

    cells = position(torch.zeros(1, 512, 7, 9))[0].flatten(1).T  # (63, 512)
    distance = torch.cdist(cells, cells) + 1e9 * torch.eye(63)
    assert distance.min() > 1.0


@pytest.mark.parametrize("name", MODELS)
def test_explainers_and_target_layer_agree(name):
    model = MODELS[name]
    assert model.explainers
    assert set(model.explainers) <= set(EXPLAINERS)
    assert (model.target_layer(model.build(1, 2, 64, 0.0)) is not None) == ("gradcam" in model.explainers)


def test_an_unknown_model_is_refused_with_the_choices():
    with pytest.raises(NotFound, match=r"no model 'resnet19'; choose one of small_cnn, resnet18"):
        entry("resnet19")


def test_the_table_and_the_form_load_no_torch():
    lines = "import sys, core.models, core.training.spec, core.training.data, core.explain, core.inference"
    done = subprocess.run([sys.executable, "-c", f"{lines}; print('torch' in sys.modules)"], capture_output=True,
                          text=True, check=True)  # fmt: skip
    assert done.stdout.strip() == "False"
