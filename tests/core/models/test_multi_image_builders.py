"""Networks that see several pictures of a case: absent ones, every encoder, and weights that can be read."""

import pytest
import torch

from core.models import MODELS
from core.models.encoders import ENCODERS
from core.models.multi_image_layers import BagAttention, Encoder

ABSENT = float("nan")


def weights_of(module, images):
    """What the pictures weigh, as a hook reads it; and the logits."""
    result, layer = [], next(one for one in module.modules() if isinstance(one, BagAttention))
    handle = layer.register_forward_hook(lambda _, __, output: result.append(output.detach()))
    with torch.no_grad():
        logits = module(images)
    handle.remove()
    return result[0], logits


def bag(*counts, channels=1, size=32):
    """Cases of so many pictures, the rest absent."""
    images = torch.full((len(counts), max(counts) + 1, channels, size, size), ABSENT)
    for row, count in enumerate(counts):
        images[row, :count] = torch.randn(count, channels, size, size)
    return images


def test_a_picture_that_is_not_there_changes_nothing():
    torch.manual_seed(0)
    module = MODELS["attention_mil"].build(1, 3, 32, 0.0).train()
    images = bag(3, 1)
    alone = MODELS["attention_mil"].build(1, 3, 32, 0.0).eval()
    alone.load_state_dict(module.state_dict())
    with torch.no_grad():
        padded = alone(images)
        each = torch.cat([alone(images[:1, :3]), alone(images[1:, :1])])
    assert torch.isfinite(padded).all()
    assert torch.allclose(padded, each, atol=1e-6)
    module(images).sum().backward()  # batch norm learns of the 4 pictures that are there, and of nothing else
    norm = next(one for one in module.modules() if isinstance(one, torch.nn.BatchNorm2d))
    with torch.no_grad():
        seen = next(iter(module.encoder))[0](images[[0, 0, 0, 1], [0, 1, 2, 0]])
    assert torch.allclose(norm.running_mean, 0.1 * seen.mean((0, 2, 3)), atol=1e-6)
    assert all(torch.isfinite(one.grad).all() for one in module.parameters())


def test_the_order_of_a_bag_says_nothing_and_that_of_a_stack_does():
    torch.manual_seed(0)
    images = torch.randn(2, 4, 1, 32, 32)
    turned = images.flip(1)
    with torch.no_grad():
        mil, gru = (MODELS[name].build(1, 2, 32, 0.0).eval() for name in ("attention_mil", "cnn_gru"))
        assert torch.allclose(mil(images), mil(turned), atol=1e-5)
        assert not torch.allclose(gru(images), gru(turned), atol=1e-5)


def test_what_pictures_weigh_can_be_read_and_sums_to_1():
    torch.manual_seed(0)
    result, _ = weights_of(MODELS["attention_mil"].build(1, 2, 32, 0.0).eval(), bag(3, 1))
    assert torch.allclose(result.sum(dim=1), torch.ones(2))
    assert result[0, 3:].tolist() == [0.0]
    assert result[1].tolist() == [1.0, 0.0, 0.0, 0.0]
    result, _ = weights_of(MODELS["cnn_gru_attention"].build(1, 2, 32, 0.0).eval(), torch.randn(2, 5, 1, 32, 32))
    assert result.shape == (2, 5)
    assert torch.allclose(result.sum(dim=1), torch.ones(2))


def test_attention_is_the_formula_of_its_paper():
    """Ilse et al. 2018, equation 9: softmax of w·(tanh(V h) ⊙ sigmoid(U h))."""
    torch.manual_seed(0)
    module, images = MODELS["attention_mil"].build(1, 2, 32, 0.0).eval(), torch.randn(1, 4, 1, 32, 32)
    result, logits = weights_of(module, images)
    with torch.no_grad():
        hidden = module.encoder(images[0]).mean((2, 3))  # (4, width)
        report, gate = module.tell[0], module.gate[0]
        inner = torch.tanh(hidden @ report.weight.T + report.bias) * torch.sigmoid(hidden @ gate.weight.T + gate.bias)
        requested = (inner @ module.score.weight.T)[:, 0].softmax(dim=0)
        formula = (requested @ hidden) @ module.head[1].weight.T + module.head[1].bias
    assert torch.allclose(result[0], requested, atol=1e-6)
    assert torch.allclose(logits[0], formula, atol=1e-5)


@pytest.mark.parametrize("name", ["late_fusion", "cross_attention"])
def test_each_view_has_an_encoder_of_its_own(name):
    torch.manual_seed(0)
    module, images = MODELS[name].build(1, 2, 32, 0.0).eval(), torch.randn(2, 2, 1, 32, 32)
    with torch.no_grad():
        assert not torch.allclose(module(images), module(images.flip(1)), atol=1e-5)
        maps = module.encoder(images)
        assert torch.allclose(maps[[1, 3]], module.encoder.encoders[1](images[:, 1]), atol=1e-6)


def test_places_of_one_view_look_at_those_of_the_other():
    """A change in one view moves the cells of the other before they are joined; in late fusion it cannot."""
    torch.manual_seed(0)
    images = torch.randn(1, 2, 1, 32, 32)
    other = images.clone()
    other[:, 1] += 1.0
    halves = {}
    for name in ("late_fusion", "cross_attention"):
        module, seen = MODELS[name].build(1, 2, 32, 0.0).eval(), []
        module.head.register_forward_pre_hook(lambda _, args, seen=seen: seen.append(args[0].detach()))
        with torch.no_grad():
            module(images), module(other)
        first = seen[0].shape[1] // 2  # what is joined: the first view's half, then the second's
        halves[name] = torch.equal(seen[0][:, :first], seen[1][:, :first])
    assert halves == {"late_fusion": True, "cross_attention": False}


@pytest.mark.parametrize("name", ENCODERS)
def test_any_encoder_reads_pictures_below_its_least_size_too(name):
    torch.manual_seed(0)
    module = MODELS["attention_mil"].build(3, 2, 28, 0.0, encoder=name).eval()
    with torch.no_grad():
        maps = module.encoder(torch.randn(2, 3, 28, 28))
        assert module(torch.randn(2, 2, 3, 28, 28)).shape == (2, 2)
    assert isinstance(module.encoder, Encoder)
    assert maps.shape[1] == module.encoder.width == module.head[1].in_features
    assert min(maps.shape[2:]) >= 2  # a map of one cell points nowhere
    assert torch.isfinite(maps).all()


def test_the_encoders_shape_is_on_the_form():
    module = MODELS["cnn_gru"].build(1, 2, 64, 0.0, encoder="small_cnn", kernel_size=5, blocks=2, norm="instance")
    kernels = [one.kernel_size for one in module.modules() if isinstance(one, torch.nn.Conv2d)]
    assert kernels == [(5, 5)] * 2
    assert MODELS["cnn_gru"].build(1, 2, 64, 0.0, encoder="resnet18", kernel_size=5).encoder.conv1.kernel_size == (7, 7)


@pytest.mark.parametrize("slices", [2, 3, 16])
def test_a_volume_of_any_depth(slices):
    module = MODELS["resnet3d_18"].build(1, 2, 28, 0.0).eval()
    with torch.no_grad():
        assert module(torch.randn(1, slices, 1, 28, 28)).shape == (1, 2)
