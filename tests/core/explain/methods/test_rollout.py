"""Rollout: identical logits, the paper's product, and where it points."""

import numpy as np
import pytest
import torch

from core.explain import explain
from core.explain.attention_weights import over_cells, record_attention
from core.explain.methods.rollout import rolled


@pytest.mark.parametrize(("name", "layers", "heads", "tokens"), [("vit_tiny", 12, 3, 65), ("cnn_attention", 1, 8, 64)])
def test_asking_for_weights_leaves_the_logits(untrained, name, layers, heads, tokens):
    model, example = untrained(name)
    if name == "vit_tiny":  # its last layer starts at 0
        torch.nn.init.normal_(model.module.heads[1].head.weight)
    images = model.input_of(example)
    with torch.no_grad():
        plain = model.module(images)
        with record_attention(model.module) as weights:
            output = model.module(images)
    assert plain.abs().max() > 0
    assert torch.allclose(plain, output, atol=1e-5, rtol=1e-5)
    assert [one.shape for one in weights] == [(1, heads, tokens, tokens)] * layers
    assert torch.allclose(weights[0].sum(dim=-1), torch.ones(()), atol=1e-5)


def test_hooks_go_even_when_the_pass_fails(untrained):
    model, _ = untrained("vit_tiny")
    with pytest.raises(AssertionError, match="Wrong image height"), record_attention(model.module):
        model.module(torch.zeros(1, 1, 7, 7))
    assert sum(len(one._forward_hooks) + len(one._forward_pre_hooks) for one in model.module.modules()) == 0


def test_two_layers_by_hand():
    first = torch.tensor([[[[1.0, 0.0], [0.5, 0.5]]]])
    second = torch.tensor([[[[0.0, 1.0], [0.0, 1.0]]]])
    # ½W + ½I: [[1, 0], [.25, .75]] and [[.5, .5], [0, 1]]; later layers stand on the left
    assert rolled([first, second])[0].tolist() == [[0.625, 0.375], [0.25, 0.75]]


def test_the_class_token_reads_or_all_cells_do():
    with_token = torch.zeros(1, 5, 5)
    with_token[0, 0] = torch.tensor([0.6, 0.1, 0.2, 0.0, 0.1])
    assert over_cells(with_token)[0].flatten().tolist() == pytest.approx([0.1, 0.2, 0.0, 0.1])
    without = torch.eye(4)[None]
    assert over_cells(without)[0].flatten().tolist() == [0.25] * 4


def test_attention_prefers_the_blob(attending):
    """Mean of the map on the blob against its mean over the image."""
    gains = []
    for example, centre in zip(attending.examples, attending.centres, strict=True):
        if example.split == "test" and centre is not None:
            values = explain(attending.model, example, method="rollout").values
            row, column = (int(share * values.shape[0]) for share in centre)
            gains.append(values[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3].mean() - values.mean())
    assert np.mean(gains) > 0.1
