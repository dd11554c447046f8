"""Every explainer with every model it suits, and a sentence for every one it does not."""

import numpy as np
import pytest

from core.errors import InvalidInput
from core.explain import EXPLAINERS, explain
from core.inference import scores
from core.models import MODELS

ALONE = {name: entry for name, entry in MODELS.items() if entry.takes == "image"}
PAIRS = [(name, method) for name, entry in ALONE.items() for method in EXPLAINERS if EXPLAINERS[method].suits(entry)]
MISFITS = [(name, method) for name in ALONE for method in EXPLAINERS if (name, method) not in PAIRS]


def hooks(module):
    return sum(
        len(one._forward_hooks) + len(one._forward_pre_hooks) + len(one._backward_hooks) for one in module.modules()
    )


@pytest.mark.parametrize(("name", "method"), PAIRS)
def test_a_map_of_the_input_and_a_model_left_as_it_was(untrained, name, method):
    model, example = untrained(name)
    before = {key: one.clone() for key, one in model.module.state_dict().items()}
    found = explain(model, example, method=method)
    assert found.values.shape == (model.manifest.size, model.manifest.size)
    assert found.values.dtype == np.float32
    assert 0.0 <= found.values.min() <= found.values.max() <= 1.0
    probabilities = next(scores(model, [example]))[1]
    assert found.class_index == int(np.argmax(probabilities))
    assert found.probability == pytest.approx(max(probabilities), abs=1e-5)
    assert found.method == method
    assert hooks(model.module) == 0
    assert [one for one in model.module.parameters() if one.grad is not None] == []
    assert not model.module.training
    assert all((before[key] == one).all() for key, one in model.module.state_dict().items())


@pytest.mark.parametrize(("name", "method"), PAIRS)
def test_the_class_asked_for_is_the_class_told(untrained, name, method):
    model, example = untrained(name)
    probabilities = next(scores(model, [example]))[1]
    for index in (0, 1):
        found = EXPLAINERS[method].explain(model, example, index)
        assert (found.class_index, found.probability) == (index, pytest.approx(probabilities[index], abs=1e-5))


@pytest.mark.parametrize(("name", "method"), MISFITS)
def test_a_method_that_does_not_suit_names_one_that_does(untrained, name, method):
    model, example = untrained(name)
    with pytest.raises(InvalidInput, match=rf"{name} has not; use {MODELS[name].explainers[0]}"):
        explain(model, example, method=method)
    assert hooks(model.module) == 0


@pytest.mark.parametrize(("name", "method"), [("small_cnn", "gradcam"), ("vit_tiny", "rollout")])
def test_a_class_the_model_has_not_is_refused(untrained, name, method):
    model, example = untrained(name)
    with pytest.raises(InvalidInput, match="Class 2 is not one of the model's; give a number from 0 to 1"):
        explain(model, example, method=method, class_index=2)
    assert hooks(model.module) == 0


def test_an_unknown_method_is_refused_with_the_choices(untrained):
    model, example = untrained("small_cnn")
    with pytest.raises(InvalidInput, match="no method 'lime'; choose one of gradcam, rollout"):
        explain(model, example, method="lime")
