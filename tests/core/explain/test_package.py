"""Our formulas against the grad-cam package's, on networks of convolutions."""

import numpy as np
import pytest
import torch

from core.explain import explain
from core.explain.layers import resolve_layer
from core.explain.methods import gradcam_batch
from core.explain.methods.eigencam import join as eigen
from core.explain.saliency_map import min_max_scale
from core.explain.targets import ClassTarget
from core.models import MODELS

CLASSES = {
    "gradcam": "GradCAM",
    "gradcam_plus": "GradCAMPlusPlus",
    "hirescam": "HiResCAM",
    "layercam": "LayerCAM",
    "scorecam": "ScoreCAM",
    "fullgrad": "FullGrad",
}
NEAR = 0.01
NETWORKS = ("resnet18", "densenet121", "mobilenet_v2", "vgg11_bn", "googlenet", "efficientnet_b0", "se_resnet50")


def theirs(name, module, layer, images, targets):
    """The package's maps (B, S, S); it warns of what it leaves out, and shows a bar."""
    import pytorch_grad_cam

    kind = getattr(pytorch_grad_cam, name)
    with kind(model=module, target_layers=[layer] if name != "FullGrad" else []) as camera:
        found = camera(input_tensor=images, targets=targets)
    module.zero_grad(set_to_none=True)
    return found


@pytest.mark.parametrize("method", CLASSES)
def test_a_formula_gives_the_packages_map(small, method, capfd):
    for index, example in ((1, small.examples[-1]), (0, small.examples[-1]), (1, small.examples[-3])):
        ours = explain(small.model, example, method=method, class_index=index).values
        layer = small.model.module.get_submodule("features")
        known = theirs(
            CLASSES[method],
            small.model.module,
            layer,
            small.model.input_of(example),
            [lambda outputs, index=index: outputs[index]],
        )[0]
        assert ours.max() > 0.99  # the comparison is of maps with something in them
        assert np.abs(ours - min_max_scale(known)).max() <= NEAR
    capfd.readouterr()


def test_the_strongest_pattern_is_the_packages_but_for_its_sign(small):
    from pytorch_grad_cam.utils.svd_on_activations import get_2d_projection

    for example in small.examples[-6:]:
        with torch.no_grad():
            cells = small.model.module.get_submodule("features")(small.model.input_of(example))
        known = get_2d_projection(cells.numpy())
        ours = eigen(cells, cells).numpy()
        sign = 1 if known.max() >= -known.min() else -1
        assert np.abs(min_max_scale(ours) - min_max_scale(np.maximum(sign * known, 0))).max() <= NEAR


@pytest.mark.parametrize("batch", [1, 5])
def test_the_fast_path_gives_the_packages_maps_of_a_batch(small, batch):
    module, layer = small.model.module, small.model.module.get_submodule("features")
    images = torch.cat([small.model.input_of(one) for one in small.examples[-batch:]])
    question = ClassTarget(small.model)
    ours = gradcam_batch.gradcam(module, layer, images, question).numpy()
    known = theirs("GradCAM", module, layer, images, [lambda out, at=at: out[at] for at in question.classes])
    assert np.abs(ours - known).max() <= NEAR
    alone = [gradcam_batch.gradcam(module, layer, one[None], ClassTarget(small.model))[0].numpy() for one in images]
    assert np.abs(ours - np.stack(alone)).max() <= 1e-4


def settled(module):
    """With norms that know some images: in a network that has seen none, what passes through many layers vanishes."""
    for one in module.modules():
        if isinstance(one, torch.nn.BatchNorm2d):
            one.momentum = None  # the mean of all that is seen
    with torch.no_grad():
        module.train()(torch.randn(8, 1, 96, 96))
    return module.eval()


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_the_fast_path_gives_the_packages_maps_of_torchvisions_networks(name):
    torch.manual_seed(0)
    module = settled(MODELS[name].build(1, 3, 96, 0.1))
    images, layer = torch.randn(3, 1, 96, 96), MODELS[name].target_layer(module)
    peaks = []
    for index in range(3):
        ours = gradcam_batch.gradcam(module, layer, images, lambda logits, index=index: logits[:, index]).numpy()
        known = theirs("GradCAM", module, layer, images, [lambda out, index=index: out[index]] * 3)
        peaks.append(ours.max())
        worst = np.abs(ours - np.stack([min_max_scale(one) for one in known])).max()
        assert worst <= NEAR, f"class {index}: {worst}"
    assert max(peaks) == pytest.approx(1)  # nothing speaks for some class, but not for all


@pytest.mark.parametrize(
    ("name", "pooled"),
    [("small_cnn", True), ("resnet18", True), ("mobilenet_v2", True), ("convnext_tiny", False), ("alexnet", False)],
)
def test_the_closed_form_is_the_gradient_and_is_taken_where_it_holds(name, pooled, monkeypatch):
    torch.manual_seed(0)
    module = MODELS[name].build(1, 4, 64, 0.1).eval()
    torch.nn.init.normal_([one for one in module.modules() if isinstance(one, torch.nn.Linear)][-1].weight)
    images, layer = torch.randn(2, 1, 64, 64), MODELS[name].target_layer(module)
    seen = gradcam_batch._pass(module, layer, images)
    assert (gradcam_batch._pooled(module, seen) is not None) == pooled
    every = gradcam_batch.gradcam_all_classes(module, layer, images)
    short = [gradcam_batch.gradcam_raw(module, layer, images, lambda out, at=at: out[:, at]) for at in range(4)]
    monkeypatch.setattr(gradcam_batch, "_pooled", lambda *_: None)
    longer = [gradcam_batch.gradcam_raw(module, layer, images, lambda out, at=at: out[:, at]) for at in range(4)]
    assert torch.allclose(torch.stack(short, dim=1), torch.stack(longer, dim=1), atol=1e-6, rtol=1e-3)
    assert torch.allclose(every, torch.stack(short, dim=1), atol=1e-6, rtol=1e-3)
    assert torch.allclose(gradcam_batch.gradcam_all_classes(module, layer, images), every, atol=1e-6, rtol=1e-3)


def test_what_speaks_may_be_any_function_of_the_logits(small):
    """A product of logits has another gradient at every image: the closed form carries that too."""
    module, layer = small.model.module, small.model.module.get_submodule("features")
    images = torch.cat([small.model.input_of(one) for one in small.examples[-4:]])
    ours = gradcam_batch.gradcam(module, layer, images, lambda out: out[:, 1] * out[:, 0].exp())
    known = theirs("GradCAM", module, layer, images, [lambda out: out[1] * out[0].exp()] * 4)
    assert np.abs(ours.numpy() - known).max() <= NEAR


def test_nothing_before_the_layer_is_remembered(small):
    """Neither parameters nor the image get a gradient, and frozen networks are explained like others."""
    module = small.model.module
    name, layer = resolve_layer(small.model)
    images = small.model.input_of(small.examples[-1]).requires_grad_()
    before = gradcam_batch.gradcam(module, layer, images, lambda out: out[:, 1])
    assert (name, images.grad, before.requires_grad) == ("features", None, False)
    assert all(one.grad is None for one in module.parameters())
    for one in module.parameters():
        one.requires_grad_(False)
    try:
        assert torch.equal(gradcam_batch.gradcam(module, layer, images, lambda out: out[:, 1]), before)
    finally:
        for one in module.parameters():
            one.requires_grad_(True)
