"""Frozen layers stay to the last bit, batch norm and all; the others learn."""

import pytest
import torch

from core.errors import NotTrainable
from core.models import MODELS
from core.models.initial_weights import freeze, set_frozen_eval


def build(name, **more):
    torch.manual_seed(0)
    return MODELS[name].build(1, 2, 32, 0.0, **more)


def changed(module, images):
    """Blocks that one step changed, of weights and of what batch norm knows."""
    before = {name: one.clone() for name, one in module.state_dict().items()}
    module.train()
    set_frozen_eval(module)
    optimizer = torch.optim.AdamW(module.parameters(), lr=0.01)
    torch.nn.functional.cross_entropy(module(images), torch.tensor([0, 1])).backward()
    optimizer.step()
    return {name.split(".")[0] for name, one in module.state_dict().items() if not torch.equal(before[name], one)}


def test_a_frozen_block_stays_as_it_was():
    module = build("resnet18")
    assert freeze(module, " conv1, bn1,layer1 ,layer2") == (
        "Frozen: conv1, bn1, layer1, layer2; 30 tensors frozen, 32 trainable."
    )
    assert changed(module, torch.randn(2, 1, 64, 64)) == {"layer3", "layer4", "fc"}


def test_all_but_the_last_layer():
    module = build("resnet18")
    freeze(module, "encoder")
    assert changed(module, torch.randn(2, 1, 64, 64)) == {"fc"}
    module = build("vit_tiny")
    freeze(module, "encoder")
    assert changed(module, torch.randn(2, 1, 32, 32)) == {"heads"}


@pytest.mark.parametrize("name", ["attention_mil", "cross_attention", "cnn_gru_attention"])
def test_the_encoder_of_several_pictures(name):
    module = build(name)
    freeze(module, "encoder")
    result = changed(module, torch.randn(2, 2, 1, 32, 32))
    assert "encoder" not in result
    assert "head" in result
    assert len(result) >= 3


def test_nothing_named_is_nothing_frozen_and_freezing_anew_forgets():
    module = build("small_cnn")
    freeze(module, "features")
    assert freeze(module, " ") == ""
    assert changed(module, torch.randn(2, 1, 32, 32)) == {"features", "head"}


def test_what_cannot_be_frozen_is_a_sentence():
    with pytest.raises(NotTrainable, match="this network has no 'layer5'; it has conv1, bn1, layer1"):
        freeze(build("resnet18"), "layer1,layer5")
    with pytest.raises(NotTrainable, match="this network has no 'layer'"):  # a beginning of a name is none
        freeze(build("resnet18"), "layer")
    with pytest.raises(NotTrainable, match="are 'features,head', which leaves nothing to train; freeze fewer"):
        freeze(build("small_cnn"), "features,head")
