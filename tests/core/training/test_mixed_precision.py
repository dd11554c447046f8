"""Half of the bits where a device is quicker so: the same gradients as near as they can hold them."""

import copy

import pytest
import torch
from torch import nn

from core.training.mixed_precision import Precision, autocast, resolve_dtype

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("requested", "kind"),
    [("auto", torch.float32), ("float32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)],
)
def test_a_processor_multiplies_in_all_bits_unless_asked_otherwise(requested, kind):
    assert resolve_dtype(requested, CPU) is kind
    with autocast(CPU, kind):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype is kind


@pytest.mark.parametrize(("has_bf16", "kind"), [(True, torch.bfloat16), (False, torch.float16)])
def test_a_gpu_takes_bf16_and_an_old_one_fp16(monkeypatch, has_bf16, kind):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: has_bf16)
    assert resolve_dtype("auto", torch.device("cuda")) is kind
    assert resolve_dtype("float32", torch.device("cuda")) is torch.float32


def stepped(requested: str, *, clip: float = 0.0) -> torch.Tensor:
    """Where one step of plain descent leads from the same place."""
    torch.manual_seed(0)
    module, images = nn.Linear(6, 1), torch.randn(4, 6)
    precision = Precision.of(requested, CPU)
    precision.load({**precision.state(), "scale": 128.0})  # where a training soon arrives
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    with autocast(CPU, precision.kind):
        loss = module(images).float().square().mean()
    precision.backward(loss)
    precision.step(module, optimizer, clip=clip)
    return module.weight.detach()


@pytest.mark.parametrize("requested", ["bf16", "fp16"])
@pytest.mark.parametrize("clip", [0.0, 0.01])
def test_a_step_in_half_of_the_bits_leads_to_the_same_place(requested, clip):
    assert not torch.equal(stepped(requested, clip=clip), stepped("float32", clip=clip))
    torch.testing.assert_close(stepped(requested, clip=clip), stepped("float32", clip=clip), atol=2e-3, rtol=1e-2)


def test_a_step_whose_gradients_overflow_is_left_out_and_the_scale_falls():
    module, precision = nn.Linear(2, 1), Precision.of("fp16", CPU)
    before, scale = copy.deepcopy(module.state_dict()), precision.state()["scale"]
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    precision.backward(module(torch.ones(1, 2)).sum() * torch.inf)
    precision.step(module, optimizer)
    assert all(torch.equal(one, before[name]) for name, one in module.state_dict().items())
    assert precision.state()["scale"] == scale / 2


def test_the_scale_goes_on_where_it_was():
    first, second = Precision.of("fp16", CPU), Precision.of("fp16", CPU)
    first.load({**first.state(), "scale": 8.0})
    second.load(first.state())
    assert second.state()["scale"] == 8.0
    none = Precision.of("bf16", CPU)
    none.load(first.state())
    assert none.state() == {}
