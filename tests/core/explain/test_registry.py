"""Every explainer with every model it suits, and a sentence for every one it does not."""

from contextlib import contextmanager
from functools import partial

import numpy as np
import pytest

from core.errors import InvalidInput
from core.explain import EXPLAINERS, explain
from core.explain.layers import layer_titles, layers_of
from core.explain.methods import integrated_gradients, occlusion
from core.inference import predict
from core.models import MODELS

ALONE = {name: entry for name, entry in MODELS.items() if entry.takes == "image"}
PAIRS = [(name, method) for name, entry in ALONE.items() for method in EXPLAINERS if EXPLAINERS[method].suits(entry)]
QUICK = [(name, method) for name, method in PAIRS if name in ("small_cnn", "cnn_attention")]
MISFITS = {
    name: [method for method in EXPLAINERS if (name, method) not in PAIRS]
    for name in ("small_cnn", "vit_tiny", "swin_tiny", "convnext_tiny")
}


def hooks(module):
    return sum(
        len(layer._forward_hooks) + len(layer._forward_pre_hooks) + len(layer._backward_hooks)
        for layer in module.modules()
    )


def few_channels(model, method):
    """The first layer for methods that need a pass for each channel, else None: the usual one."""
    return layers_of(model)[0] if method in ("scorecam", "ablationcam") else None


def check(model, example, method, classes, layer=None):
    """A map of the input, of the class asked for."""
    probabilities = next(predict(model, [example]))[1]
    maps = {index: explain(model, example, method=method, class_index=index, layer=layer) for index in classes}
    for index, saliency in maps.items():
        assert saliency.values.shape == (model.manifest.size, model.manifest.size)
        assert saliency.values.dtype == np.float32
        assert 0.0 <= saliency.values.min() <= saliency.values.max() <= 1.0
        expected = int(np.argmax(probabilities)) if index is None else index
        assert (saliency.class_index, saliency.method) == (expected, method)
        assert saliency.probability == pytest.approx(probabilities[expected], abs=1e-5)
        assert bool(saliency.layer) == bool(EXPLAINERS[method].layers)
    if not EXPLAINERS[method].by_class and {0, 1} <= maps.keys():
        assert np.array_equal(maps[0].values, maps[1].values)


@contextmanager
def untouched(module):
    """It is left as it was: no hook, no gradient, no other weight."""
    before = {key: one.clone() for key, one in module.state_dict().items()}
    yield
    assert hooks(module) == 0
    assert [one for one in module.parameters() if one.grad is not None] == []
    assert not module.training
    assert all((before[key] == one).all() for key, one in module.state_dict().items())


@pytest.mark.parametrize(("name", "method"), QUICK)
def test_a_map_of_the_class_and_a_model_left_as_it_was(untrained, name, method, monkeypatch):
    monkeypatch.setattr(occlusion, "PATCHES", 3)
    model, example = untrained(name)
    with untouched(model.module):
        check(model, example, method, (None, 0, 1), few_channels(model, method))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in ALONE if name not in ("small_cnn", "cnn_attention")])
def test_every_model_by_every_explainer_that_suits_it(untrained, name, monkeypatch):
    """Slow ones with fewer passes: a stem has fewer channels, and a larger patch or step covers the way sooner."""
    monkeypatch.setattr(occlusion, "PATCHES", 3)
    monkeypatch.setattr(integrated_gradients, "integrated", partial(integrated_gradients.integrated, steps=4))
    model, example = untrained(name)
    with untouched(model.module):
        for method in MODELS[name].explainers:
            classes = (None,) if EXPLAINERS[method].needs == "any" else (None, 1)
            check(model, example, method, classes, few_channels(model, method))


@pytest.mark.slow
@pytest.mark.parametrize("name", ALONE)
def test_every_layer_that_is_offered_gives_a_map(untrained, name):
    model, example = untrained(name)
    if model.module.training is False and MODELS[name].target_layer(model.module) is not None:
        offered = layers_of(model)
        assert offered
        assert explain(model, example, method="gradcam").layer in offered
        for layer in offered:
            saliency = explain(model, example, method="layercam", layer=layer)
            assert (saliency.layer, saliency.values.shape) == (layer, (model.manifest.size, model.manifest.size))
    assert hooks(model.module) == 0


def test_what_a_method_needs_is_what_its_models_have():
    for name, entry in MODELS.items():
        conv = [one for one in EXPLAINERS.values() if one.suits(entry) and one.needs == "convolution"]
        attention = [one for one in EXPLAINERS.values() if one.suits(entry) and one.needs == "attention"]
        assert bool(conv) == ("gradcam" in entry.explainers), name
        assert bool(attention) == ("rollout" in entry.explainers), name
        assert set(entry.explainers) <= EXPLAINERS.keys()


def test_layers_are_told_with_their_size_from_the_input_on(untrained):
    small, _ = untrained("small_cnn")
    assert layer_titles(small) == {
        "features.2": "features.2 · 32 × 32",
        "features.6": "features.6 · 16 × 16",
        "features": "features · 8 × 8",
    }
    vit, _ = untrained("vit_tiny")
    titles = list(layer_titles(vit, "attention").values())
    assert titles[:3] == ["layer 1, mean of heads", "layer 1, head 1", "layer 1, head 2"]
    assert len(titles) == 12 * 4
    assert layer_titles(small, "") == {}


@pytest.mark.parametrize("name", MISFITS)
def test_a_method_that_does_not_suit_names_one_that_does(untrained, name):
    model, example = untrained(name)
    for method in MISFITS[name]:
        with pytest.raises(
            InvalidInput,
            match=rf"{name} (does not have|takes several); use {MODELS[name].explainers[0]}",
        ):
            explain(model, example, method=method)
        assert hooks(model.module) == 0, method


@pytest.mark.parametrize(
    ("name", "method"), [("small_cnn", "gradcam"), ("small_cnn", "scorecam"), ("vit_tiny", "rollout")]
)
def test_a_class_the_model_has_not_is_refused(untrained, name, method):
    model, example = untrained(name)
    with pytest.raises(InvalidInput, match="Class 2 is not one of the model's; give a number from 0 to 1"):
        explain(model, example, method=method, class_index=2)
    assert hooks(model.module) == 0


def test_a_layer_the_model_has_not_is_refused_with_the_choices(untrained):
    model, example = untrained("small_cnn")
    with pytest.raises(InvalidInput, match=r"no layer 'layer9' in a small_cnn; choose one of features\.2, features"):
        explain(model, example, method="gradcam", layer="layer9")
    with pytest.raises(InvalidInput, match="Layer 'head' has no feature map; choose another layer"):
        explain(model, example, method="layercam", layer="head")
    with pytest.raises(InvalidInput, match="Occlusion does not use a single layer; call it without layer 'features'"):
        explain(model, example, method="occlusion", layer="features")
    attending, other = untrained("cnn_attention")
    with pytest.raises(InvalidInput, match="no head '9' in attention; give a number from 1 to 8"):
        explain(attending, other, method="heads", layer="attention:9")
    with pytest.raises(InvalidInput, match="no attention 'trunk' in this model; choose one of attention"):
        explain(attending, other, method="heads", layer="trunk")
    assert hooks(model.module) == hooks(attending.module) == 0


def test_an_unknown_method_is_refused_with_the_choices(untrained):
    model, example = untrained("small_cnn")
    with pytest.raises(InvalidInput, match="no method 'lime'; choose one of gradcam, gradcam_plus"):
        explain(model, example, method="lime")
