"""Maps by the grad-cam package's formulas against those of the package itself, and what must not go wrong with it."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from core.errors import InvalidInput
from core.explain import explain, gradcam_package
from core.explain.layers import resolve_layer
from core.explain.methods import gradcam_batch
from core.explain.methods.finercam import contrast
from core.explain.saliency_map import min_max_scale
from core.explain.targets import ClassTarget
from core.models import MODELS
from tests.core.explain import planted

CLASSES = {
    "gradcam": "GradCAM",
    "gradcam_plus": "GradCAMPlusPlus",
    "hirescam": "HiResCAM",
    "layercam": "LayerCAM",
    "xgradcam": "XGradCAM",
    "shapleycam": "ShapleyCAM",
    "finercam": "FinerCAM",
    "scorecam": "ScoreCAM",
    "ablationcam": "AblationCAM",
    "fullgrad": "FullGrad",
}
SIGNLESS = {"eigencam": "EigenCAM", "kpcacam": "KPCA_CAM", "eigengradcam": "EigenGradCAM"}
PACKAGE = [*(name for name in CLASSES if name not in ("gradcam", "fullgrad")), *SIGNLESS]
NEAR = 0.01
NETWORKS = ("resnet18", "densenet121", "mobilenet_v2", "vgg11_bn", "googlenet", "efficientnet_b0", "se_resnet50")


def theirs(name, module, layer, images, targets):
    """The package's maps (B, S, S) by its own passes; it warns of what it leaves out, and shows a bar."""
    import pytorch_grad_cam

    kind = getattr(pytorch_grad_cam, name)
    with kind(model=module, target_layers=[layer] if name != "FullGrad" else []) as cam:
        maps = cam(input_tensor=images, targets=targets)
    module.zero_grad(set_to_none=True)
    return maps


@pytest.mark.parametrize("method", CLASSES)
def test_a_map_is_the_packages_own(small, method, capfd):
    module, layer = small.model.module, small.model.module.get_submodule("features")
    for example in (small.examples[-1], small.examples[-3]):
        images = small.model.input_of(example)
        with torch.no_grad():
            index = int(module(images)[0].argmax())  # the package turns AblationCAM round where the score is negative
        ours = explain(small.model, example, method=method, class_index=index).values
        targets = None if method == "finercam" else [lambda outputs, index=index: outputs[index]]
        known = theirs(CLASSES[method], module, layer, images, targets)[0]
        assert ours.max() > 0.99  # the comparison is of maps with something in them
        assert np.abs(ours - min_max_scale(known)).max() <= NEAR
    capfd.readouterr()


@pytest.mark.parametrize("method", SIGNLESS)
def test_a_principal_component_is_the_packages_but_for_its_sign(small, method):
    module, layer = small.model.module, small.model.module.get_submodule("features")
    for example in small.examples[-3:]:
        images = small.model.input_of(example)
        cam = gradcam_package.package_cam(SIGNLESS[method], module)
        with torch.no_grad():
            maps = layer(images).requires_grad_()
        rest = torch.nn.Sequential(*list(module.children())[1:])
        (gradients,) = torch.autograd.grad(rest(maps)[0, 1], maps)
        known = cam.get_cam_image(None, None, None, maps.detach().numpy(), gradients.numpy(), False)[0]
        ours = explain(small.model, example, method=method, class_index=1).values
        either = [np.asarray(enlarged(np.maximum(sign * known, 0), ours.shape)) for sign in (1, -1)]
        assert ours.max() > 0.99
        assert min(np.abs(ours - min_max_scale(one)).max() for one in either) <= NEAR


def enlarged(values, size):
    return torch.nn.functional.interpolate(torch.as_tensor(values)[None, None], size, mode="bilinear")[0, 0]


def test_kernels_are_computed_of_few_positions_however_large_the_map():
    """The package's decompositions hold a matrix of positions × positions: 112 × 112 would take a gigabyte."""
    maps = torch.rand(1, 4, 112, 112)
    maps[..., 28:56, 84:] += 5  # one block stands out
    for name in ("EigenCAM", "KPCA_CAM"):
        component = gradcam_package.principal_component(name, maps, maps)[0]
        assert component.numel() <= gradcam_package.MAX_POSITIONS
        block = component[component.shape[0] // 4 : component.shape[0] // 2, component.shape[1] * 3 // 4 :]
        assert block.min() > 10 * component.clamp_min(0).mean() / 16
        assert component.argmax() in torch.arange(component.numel()).view_as(component)[16:32, 48:]
    volume = torch.rand(1, 4, 9, 40, 40)
    assert gradcam_package.principal_component("EigenCAM", volume, volume).shape == (1, 9, 21, 21)


def test_ablationcam_explains_a_class_whose_score_is_negative():
    """The package divides by the score, so that its map of such a class shows what speaks against it."""
    model, image = planted.model(), planted.image(bright=(1, 6), dark=(5, 2))
    with torch.no_grad():
        model.module.head.bias.sub_(50)
        assert (model.module(image) < 0).all()
    assert planted.on(explain(model, image, method="ablationcam", class_index=1).values, (1, 6))
    assert planted.on(explain(model, image, method="ablationcam", class_index=2).values, (5, 2))


def test_ablationcam_sets_a_channel_to_0_also_where_maps_are_negative():
    """Σ (score − score without channel k) Aₖ by hand; the package's own layer sets −10⁷ where a value is negative."""
    torch.manual_seed(0)
    model = planted.model()
    model.module.features = torch.nn.Sequential(torch.nn.Conv2d(1, 40, 8, stride=8))  # more channels than one batch
    model.module.head = torch.nn.Linear(40, 3)
    image = planted.image(bright=(1, 6))
    with torch.no_grad():
        maps = model.module.features(image)
        score, drops = model.module(image)[0, 1], []
        for channel in range(40):
            without = maps.clone()
            without[:, channel] = 0
            drops.append(score - model.module.head(without.mean(dim=(2, 3)))[0, 1])
        known = (torch.stack(drops)[:, None, None] * maps[0]).sum(dim=0).clamp_min(0)
    ours = explain(model, image, method="ablationcam", class_index=1).values
    assert maps.min() < 0
    assert np.abs(ours - min_max_scale(enlarged(known, ours.shape).numpy())).max() <= 1e-3


def test_finercam_of_a_sure_model_is_not_turned_round():
    """The target's gradient by hand: 1 for the class, together −1 for the others."""
    logits = torch.tensor([60.0, 1.0, 0.0, -2.0, -90.0], requires_grad=True)
    contrast(logits, 0).backward()
    assert logits.grad[0] == pytest.approx(1)
    assert logits.grad[1:].sum() == pytest.approx(-1)
    assert logits.grad[4] == 0  # not among the three most similar
    assert float(contrast(torch.tensor([2.0, 1.0]), 0)) == pytest.approx(1)


@pytest.mark.parametrize("kind", ["ordinal", "multi", "number"])
def test_finercam_needs_classes_of_which_one_is_right(untrained, kind):
    from dataclasses import replace

    from core.models.heads import Head

    model, example = untrained("small_cnn")
    heads = (Head("task", kind, () if kind == "number" else ("a", "b")),)
    with pytest.raises(InvalidInput, match="Finer-CAM compares classes of which one is correct"):
        explain(replace(model, manifest=replace(model.manifest, heads=heads)), example, method="finercam")


@pytest.mark.parametrize("method", PACKAGE)
def test_maps_made_at_the_same_time_are_those_made_one_after_another(method):
    model = planted.model()
    images = [planted.image(bright=(row, 6 - row), dark=(6, 6)) for row in range(4)]
    before = [explain(model, one, method=method, class_index=1).values for one in images]
    with ThreadPoolExecutor(4) as pool:
        after = list(pool.map(lambda image: explain(model, image, method=method, class_index=1).values, images))
    assert all(np.abs(one - other).max() <= 1e-4 for one, other in zip(before, after, strict=True))
    assert not np.array_equal(before[0], before[3])


@pytest.mark.parametrize("method", PACKAGE)
def test_a_frozen_network_is_explained_like_others_and_stays_frozen(method):
    model, image = planted.model(), planted.image(bright=(1, 6))
    before = explain(model, image, method=method, class_index=1).values
    model.module.requires_grad_(False)
    assert np.abs(explain(model, image, method=method, class_index=1).values - before).max() <= 1e-4
    assert not any(one.requires_grad or one.grad is not None for one in model.module.parameters())


@pytest.mark.parametrize("method", PACKAGE)
def test_nothing_is_printed(method, capfd):
    explain(planted.model(), planted.image(bright=(1, 6)), method=method)
    assert capfd.readouterr() == ("", "")


def broken(model, after):
    """A model whose passes fail after the first few, as where memory runs out."""
    passes = iter(range(100))

    def fail(*_):
        if next(passes) >= after:
            raise IndexError("no memory")

    return model.module.head.register_forward_hook(fail)


@pytest.mark.parametrize(
    ("method", "after"),
    [("ablationcam", 1), ("ablationcam", 2), ("ablationcam", 3), ("scorecam", 1), ("fullgrad", 0), ("layercam", 0)],
)
def test_a_pass_that_fails_is_heard_of_and_leaves_the_network_whole(method, after):
    """The package's context managers swallow an IndexError, and AblationCAM leaves its own layer behind."""
    model, image = planted.model(), planted.image(bright=(1, 6))
    layer, handle = model.module.features, broken(model, after)
    with pytest.raises(IndexError, match="no memory"):
        explain(model, image, method=method, class_index=1)
    handle.remove()
    assert model.module.features is layer
    assert "forward" not in vars(layer)
    assert all(one.requires_grad for one in model.module.parameters())
    assert not any(one._forward_hooks or one._forward_pre_hooks for one in model.module.modules())
    assert planted.on(explain(model, image, method=method, class_index=1).values, (1, 6))


@pytest.mark.parametrize("method", PACKAGE)
def test_a_map_that_is_not_finite_is_a_sentence_and_no_map(method):
    model, image = planted.model(), planted.image(bright=(1, 6))
    with torch.no_grad():
        model.module.features[0].bias.fill_(torch.inf)
    with pytest.raises(InvalidInput, match="gave no finite map for this image; choose another method or layer"):
        explain(model, image, method=method, class_index=1)


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
    for layer in module.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = None  # the mean of all that is seen
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
    seen = gradcam_batch.forward_pass(module, layer, images)
    assert (gradcam_batch.pooled_linear(module, seen) is not None) == pooled
    short = [gradcam_batch.gradcam_raw(module, layer, images, lambda out, at=at: out[:, at]) for at in range(4)]
    monkeypatch.setattr(gradcam_batch, "pooled_linear", lambda *_: None)
    longer = [gradcam_batch.gradcam_raw(module, layer, images, lambda out, at=at: out[:, at]) for at in range(4)]
    assert torch.allclose(torch.stack(short, dim=1), torch.stack(longer, dim=1), atol=1e-6, rtol=1e-3)


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
    module.requires_grad_(False)
    try:
        assert torch.equal(gradcam_batch.gradcam(module, layer, images, lambda out: out[:, 1]), before)
    finally:
        module.requires_grad_(True)
