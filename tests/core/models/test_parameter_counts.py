"""The written numbers of weights are those that the networks have."""

import pytest
import torch

from core.models import MODELS
from core.models.parameter_counts import WEIGHTS
from core.training.spec import TrainSpec


@pytest.mark.parametrize("name", list(MODELS))
def test_weights_are_counted_right(name):
    model = MODELS[name]
    with torch.device("meta"):  # shapes without memory
        module = model.build(1, 2, model.default_size, 0.0, **TrainSpec(model=name).subset(model.knobs))
    assert WEIGHTS[name] == pytest.approx(sum(one.numel() for one in module.parameters()) / 1e6, rel=0.001)


def test_no_other_model_is_counted():
    assert set(WEIGHTS) == set(MODELS)
