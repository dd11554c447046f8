"""Compiled or not is decided by measuring, said in a sentence, and leaves no trace in what is trained."""

from contextlib import closing

import pytest
import torch
from torch import nn

from core.models import entry
from core.models.heads import single_head
from core.training import compilation
from core.training.checkpoint import read_weights
from core.training.compilation import COMPILED, EAGER, LONG_S, CompiledNetwork, channels_last, choose_compiled
from core.training.events import EpochDone, Log
from core.training.loop import fit
from core.training.spec import TrainSpec
from tests.core.training.textures import CLASSES, textures

SPEC, MANY = TrainSpec(), 10_000
SAMPLE = (4, 1, 16, 16)


@pytest.fixture
def module() -> nn.Module:
    torch.manual_seed(0)
    return entry("small_cnn").build(1, 2, 16, 0.5)


def timed(monkeypatch, *, plain: float, quick: float) -> list[object]:
    """Every step takes what is said, and nothing is compiled; what was called, in order."""
    called = []

    def seconds(call, sample, kind) -> float:
        called.append(call)
        return quick if isinstance(call, CompiledNetwork) else plain

    monkeypatch.setattr(compilation, "_seconds", seconds)
    monkeypatch.setattr(compilation, "missing_compiler", lambda device: "")
    monkeypatch.setattr(torch, "compile", lambda module, **_: module)
    return called


@pytest.mark.parametrize(
    ("plain", "quick", "decided", "message"),
    [
        (0.20, 0.10, COMPILED, "Compiled in 0 s: 100 ms per step instead of 200 ms."),
        (2.00, 1.88, COMPILED, "Compiled in 2 s: 1.88 s per step instead of 2 s."),
        (0.20, 0.195, EAGER, "Not compiled: after a trial of 0 s, it would take 195 ms per step instead of 200 ms."),
        (0.10, 0.01, EAGER, "Not compiled: 10000 steps of 100 ms are too few to gain from it."),
    ],
)
def test_a_long_training_is_compiled_where_that_saves_more_than_noise(
    monkeypatch, module, plain, quick, decided, message
):
    called = timed(monkeypatch, plain=plain, quick=quick)
    result = choose_compiled(module, SPEC, torch.randn(SAMPLE), MANY)
    assert (result.mode, result.message) == (decided, message)
    assert isinstance(result.call, CompiledNetwork) == (decided == COMPILED)
    assert any(isinstance(one, CompiledNetwork) for one in called) == (plain * MANY >= LONG_S)


@pytest.mark.parametrize(
    ("knob", "decided", "steps"), [("no", None, MANY), ("auto", EAGER, MANY), ("yes", EAGER, MANY), ("auto", None, 499)]
)
def test_nothing_is_measured_where_it_is_decided_or_not_worth_it(monkeypatch, module, knob, decided, steps):
    called = timed(monkeypatch, plain=9.0, quick=1.0)
    result = choose_compiled(module, SPEC.replace({"compile": knob}), torch.randn(SAMPLE), steps, decided)
    assert (result.call, result.mode, result.message, called) == (module, EAGER, "", [])


def test_what_was_decided_before_a_resume_holds_whatever_a_measurement_would_say_now(monkeypatch, module):
    timed(monkeypatch, plain=0.001, quick=9.0)
    result = choose_compiled(module, SPEC, torch.randn(SAMPLE), 1, COMPILED)
    assert (isinstance(result.call, CompiledNetwork), result.mode, result.message) == (
        True,
        COMPILED,
        "Compiled in 9 s.",
    )


def test_no_compiler_and_a_compiler_that_fails_are_a_sentence(monkeypatch, module):
    requested, images = SPEC.replace({"compile": "yes"}), torch.randn(SAMPLE)
    monkeypatch.setattr(torch, "compile", lambda module, **_: lambda images: 1 / 0)
    monkeypatch.setattr(compilation, "missing_compiler", lambda device: "")
    result = choose_compiled(module, requested, images, MANY)
    assert (result.call, result.mode) == (module, EAGER)
    assert result.message == "Not compiled: the compiler failed (ZeroDivisionError)."
    monkeypatch.undo()
    monkeypatch.setenv("PATH", "")
    result = choose_compiled(module, requested, images, MANY)
    assert (result.call, result.message) == (module, "Not compiled: no C++ compiler is installed.")


def test_measuring_leaves_no_trace(monkeypatch, module):
    monkeypatch.setattr(compilation, "_try_compile", lambda *_: (None, "", 0.0))
    monkeypatch.setattr(compilation, "LONG_S", 0.0)
    module.train()
    before = {name: one.clone() for name, one in module.state_dict().items()}
    generator = torch.get_rng_state()
    choose_compiled(module, SPEC, torch.randn(SAMPLE, generator=torch.Generator().manual_seed(1)), MANY)
    assert torch.equal(torch.get_rng_state(), generator)
    assert all(torch.equal(one, before[name]) for name, one in module.state_dict().items())
    assert all(one.grad is None for one in module.parameters())


def test_only_whole_batches_that_are_learned_from_run_compiled(monkeypatch, module):
    monkeypatch.setattr(torch, "compile", lambda module, **_: lambda images: "compiled")
    call = CompiledNetwork(module, SAMPLE)
    assert call(torch.randn(SAMPLE)) == "compiled"
    assert call(torch.randn(3, 1, 16, 16)).shape == (3, 2)
    with torch.inference_mode():
        assert call(torch.randn(SAMPLE)).shape == (4, 2)
    module.eval()
    assert call(torch.randn(SAMPLE)).shape == (4, 2)


def test_the_layout_changes_no_answer():
    torch.manual_seed(0)
    flat, solid = nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5)), nn.Conv3d(3, 5, 3)
    for item, images in ((flat, torch.randn(2, 3, 8, 8)), (solid, torch.randn(2, 3, 8, 8, 8))):
        answers = item(images)
        torch.testing.assert_close(channels_last(item)(images), answers)
    assert flat[0].weight.is_contiguous(memory_format=torch.channels_last)
    assert channels_last(nn.Conv2d(1, 5, 3)).weight.stride() == (
        9,
        1,
        3,
        1,
    )  # of one channel, and not mistaken for rows
    assert solid.weight.is_contiguous(memory_format=torch.channels_last_3d)


@pytest.mark.slow
def test_a_compiled_network_gives_the_same_answers_and_gradients(module):
    torch.manual_seed(1)
    module, images = channels_last(entry("small_cnn").build(1, 2, 16, 0.0)), torch.randn(SAMPLE)
    result = choose_compiled(module, SPEC.replace({"compile": "yes"}), images, 1)
    assert result.mode == COMPILED, result.message
    grads = []
    for call in (module, result.call):
        module.zero_grad(set_to_none=True)
        logits = call(images)
        logits.square().sum().backward()
        grads.append([logits.detach(), *(one.grad.clone() for one in module.parameters())])
    for plain, quick in zip(*grads, strict=True):
        torch.testing.assert_close(quick, plain, atol=1e-4, rtol=1e-4)


@pytest.mark.slow
def test_a_compiled_training_that_was_stopped_goes_on_to_the_same_bits(tmp_path):
    """Compiled both times: what was decided travels in the saved state."""
    spec = TrainSpec(epochs=2, batch_size=8, compile="yes", dropout=0.2, threads=1, device="cpu")
    result = {"heads": [single_head(CLASSES[:2])], "cache": tmp_path / "cache"}
    whole = list(fit(spec, textures(tmp_path), folder=tmp_path / "whole", **result))
    assert any(isinstance(one, Log) and one.text.startswith("Compiled in") for one in whole)
    with closing(fit(spec, textures(tmp_path), folder=tmp_path / "stopped", **result)) as going:
        next(one for one in going if isinstance(one, EpochDone))
    state = torch.load(tmp_path / "stopped" / "resume.pt", weights_only=True)
    assert state["decided"] == COMPILED
    list(fit(spec, textures(tmp_path), folder=tmp_path / "stopped", **result))
    item, other = (read_weights(tmp_path / name / "last.safetensors")[0] for name in ("whole", "stopped"))
    assert all(torch.equal(weights, other[name]) for name, weights in item.items())
