"""Attention as it is read: gradients of it, one head of it, and that of one view over another."""

import numpy as np
import pytest
import torch

from core.explain import explain
from core.explain.attention_weights import record_attention
from core.explain.methods.gradient_rollout import attended, relevance
from core.explain.methods.rollout import rolled
from core.models import MODELS
from tests.core.explain.test_planes import SIZE, model_of


def test_relevance_of_two_layers_by_hand():
    first, second = torch.tensor([[[[0.5, 0.5], [0.2, 0.8]]]]), torch.tensor([[[[0.1, 0.9], [0.6, 0.4]]]])
    up, down = torch.tensor([[[[1.0, -1.0], [2.0, 1.0]]]]), torch.tensor([[[[1.0, 1.0], [-1.0, 2.0]]]])
    # Ē₁ = [[.5, 0], [.4, .8]], R₁ = I + Ē₁ = [[1.5, 0], [.4, 1.8]]; Ē₂ = [[.1, .9], [0, .8]], R₂ = R₁ + Ē₂ R₁
    expected = torch.tensor([[0.5 + 0.15 + 0.36, 1.62], [0.4 + 0.32, 0.8 + 1.44]])
    assert torch.allclose(relevance([first, second], [up, down])[0], expected, atol=1e-6)


@pytest.mark.parametrize(("name", "size"), [("vit_tiny", 32), ("cnn_attention", 32)])
def test_the_gradient_of_attention_is_that_of_a_small_change_of_it(name, size):
    """Central differences: a layer's attention is changed by hand, and the answer moves by what the gradient says."""
    torch.manual_seed(0)
    module = MODELS[name].build(1, 2, size, 0.0).double().eval()
    if name == "vit_tiny":
        torch.nn.init.normal_(module.heads[1].head.weight)
    images = torch.randn(1, 1, size, size, dtype=torch.float64)
    weights, gradients = attended(module, images, lambda out: out[:, 1])
    assert [one.shape for one in weights] == [one.shape for one in gradients]
    layer = next(one for one in module.modules() if isinstance(one, torch.nn.MultiheadAttention))
    change = torch.randn(weights[0].shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    moved = [outputs(module, layer, images, sign * 1e-5 * change) for sign in (1, -1)]
    assert (moved[0] - moved[1]) / 2e-5 == pytest.approx(float((gradients[0] * change).sum()), rel=1e-4)


def outputs(module, layer, images, change):
    """What is said of class 1 where the layer's attention is changed."""
    real_softmax = torch.nn.functional.softmax
    calls = []

    def softmax(*args, **more):
        calls.append(1)
        result = real_softmax(*args, **more)
        return result + change.view_as(result) if len(calls) == 1 else result

    with (
        torch.enable_grad(),
        record_attention(module),
    ):  # without gradients torch takes a way that has no softmax to change
        torch.nn.functional.softmax = softmax
        try:
            return float(module(images.clone().requires_grad_())[0, 1].detach())
        finally:
            torch.nn.functional.softmax = real_softmax


def test_the_gradient_rollout_knows_its_class_and_the_plain_one_does_not(attending):
    example = next(one for one in attending.examples if one.split == "test" and one.label == 1)
    by_class = [explain(attending.model, example, method="gradient_rollout", class_index=at).values for at in (0, 1)]
    plain = [explain(attending.model, example, method="rollout", class_index=at).values for at in (0, 1)]
    assert np.array_equal(*plain)
    assert np.corrcoef(by_class[0].ravel(), by_class[1].ravel())[0, 1] < 0.9


def test_the_gradient_rollout_prefers_the_blob(attending):
    gains = []
    for example, centre in zip(attending.examples, attending.centres, strict=True):
        if example.split == "test" and centre is not None:
            values = explain(attending.model, example, method="gradient_rollout", class_index=1).values
            row, column = (int(share * values.shape[0]) for share in centre)
            gains.append(values[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3].mean() - values.mean())
    assert np.mean(gains) > 0.1


def test_a_head_is_its_own_row_and_no_head_is_their_mean(attending):
    model, example = attending.model, attending.examples[-1]
    with torch.no_grad(), record_attention(model.module) as weights:
        model.module(model.input_of(example))
    each = [explain(model, example, method="heads", layer=f"attention:{head}") for head in range(1, 9)]
    assert [one.layer for one in each] == [f"attention:{head}" for head in range(1, 9)]
    third = weights[0][0, 2].mean(dim=0).view(8, 8).numpy()
    coarse = each[2].values.reshape(8, 4, 8, 4).mean(axis=(1, 3))
    assert np.corrcoef(third.ravel(), coarse.ravel())[0, 1] > 0.9
    mean = explain(model, example, method="heads")
    assert mean.layer == "attention"
    assert not np.allclose(mean.values, each[2].values)
    expected = rolled(weights)[0].mean(dim=0).view(8, 8).numpy()  # of one layer, rollout is half of the mean
    assert np.corrcoef(expected.ravel(), mean.values.reshape(8, 4, 8, 4).mean(axis=(1, 3)).ravel())[0, 1] > 0.9


def test_a_view_is_hot_where_the_other_one_looked():
    """Keys of one cell of the first view are made to answer every question of the second, and the other way round."""
    torch.manual_seed(0)
    module = MODELS["cross_attention"].build(1, 2, SIZE, 0.0).eval()
    images = torch.randn(1, 2, 1, SIZE, SIZE)
    with torch.no_grad(), record_attention(module) as weights:
        module(images)
    edge = int(weights[0].shape[-1] ** 0.5)
    maps = [explain(model_of("cross_attention", module), images, method="cross_attention", plane=at) for at in (0, 1)]
    for plane, asks in ((0, weights[1]), (1, weights[0])):
        looked = asks[0].mean(dim=(0, 1)).view(edge, edge).numpy()
        step = SIZE // edge
        coarse = maps[plane].values.reshape(edge, step, edge, step).mean(axis=(1, 3))
        assert np.corrcoef(looked.ravel(), coarse.ravel())[0, 1] > 0.9
    values = np.stack([one.values for one in maps])
    assert (values.min(), values.max()) == (0.0, 1.0)
