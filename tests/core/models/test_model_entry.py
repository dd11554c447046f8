"""A row of the registry says how many parameters a network has and what one case costs."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from core.models import MODELS
from core.training.spec import TrainSpec

PICTURES = {"image": (), "views": (2,), "stack": (16,), "bag": (16,)}  # of a case, see `ModelEntry.gflops`


@pytest.fixture(params=MODELS)
def outlined(request):
    """(model, module, images): shapes without memory, but for a bag, whose present images are counted."""
    model = MODELS[request.param]
    with torch.device("cpu" if model.takes == "bag" else "meta"):
        module = model.build(1, 2, model.default_size, 0.0, **TrainSpec(model=model.name).subset(model.knobs))
        return model, module.eval(), torch.zeros(1, *PICTURES[model.takes], 1, model.default_size, model.default_size)


def test_parameters_and_work_are_those_of_the_network(outlined):
    model, module, images = outlined
    count = sum(weights.numel() for weights in module.parameters())
    with torch.no_grad(), FlopCounterMode(display=False) as work:
        module(images)
    gflops = work.get_total_flops() / 2e9  # a multiply-add is two operations
    correct = f"{model.name}: write gflops={gflops:.3g}, parameters={count:_}"
    assert model.parameters == count, correct
    assert model.gflops == pytest.approx(gflops, rel=0.05), correct
