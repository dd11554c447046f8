"""What makes steps quick and is decided by measuring: a compiled graph; and how the weights lie in memory."""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import NamedTuple

import torch
from torch import Tensor, nn

from core.training.mixed_precision import autocast
from core.training.spec import TrainSpec

EAGER, COMPILED = "eager", "compiled"
FEWEST = 500  # steps, below which not even a step is measured
LONG_S = 1200.0  # of training ahead, from which on trying is worth the half minute to minute that a compiler takes
GAIN = 0.05  # share of a step that must be saved: less is within the noise
STEPS = 5  # of each that are measured
LAYOUTS = {4: torch.channels_last, 5: torch.channels_last_3d}

Call = Callable[[Tensor], Tensor]


class CompileChoice(NamedTuple):
    """How to call a network while it learns, what was decided ("eager" or "compiled"), and the log's sentence or ''."""

    call: Call
    decided: str
    said: str


def channels_last(module: nn.Module) -> nn.Module:
    """The same module with convolutions' weights channels last, which convolutions read quicker on any device."""
    for one in (*module.parameters(), *module.buffers()):
        if one.ndim in LAYOUTS:
            # not `contiguous`: with one channel a tensor is so in both layouts, and a convolution then takes the other
            one.data = one.data.to(memory_format=LAYOUTS[one.ndim])
    return module


def choose_compiled(
    module: nn.Module,
    spec: TrainSpec,
    sample: Tensor,
    steps: int,
    decided: str | None = None,
    *,
    kind: torch.dtype = torch.float32,
) -> CompileChoice:
    """Whether the steps ahead run compiled: as asked, as `decided` before a resume, else by measuring a few of both.

    `sample` is a batch as the network sees it; only whole batches like it are ever compiled for. The module is left
    as it was, and so is chance.
    """
    wished = decided or {"no": EAGER, "yes": COMPILED}.get(spec.compile)
    if wished == EAGER:
        return CompileChoice(module, EAGER, "")
    if wished is None and (steps < FEWEST or sample.ndim != 4):
        return CompileChoice(
            module, EAGER, ""
        )  # of several pictures each batch may have another shape: a compiler's worst case
    with _preserve_state(module, sample.device):
        try:
            return _compiled(module, sample, kind) if wished else _measured(module, sample, steps, kind)
        except torch.OutOfMemoryError:
            return CompileChoice(module, EAGER, "Not compiled: the GPU's memory is too small to try.")


class CompiledNetwork:
    """A network that is compiled for whole batches while it learns; all else is done as it always was."""

    def __init__(self, module: nn.Module, shape: Sequence[int]) -> None:
        """Nothing is compiled before the first call."""
        self.module, self.shape = module, tuple(shape)
        self.quick: Call = torch.compile(module, dynamic=False)

    def __call__(self, images: Tensor) -> Tensor:
        """Logits (B, outputs) of (B, channels, size, size)."""
        whole = tuple(images.shape) == self.shape and self.module.training and torch.is_grad_enabled()
        return self.quick(images) if whole else self.module(images)


def missing_compiler(device: torch.device) -> str:
    """What is missing for compiling there, '' where nothing is."""
    if not any(shutil.which(name) for name in (os.environ.get("CXX", "g++"), "clang++", "c++")):
        return "there is no C++ compiler here"
    if device.type == "cuda":
        from torch.utils._triton import has_triton

        return "" if has_triton() else "Triton is missing, or this GPU is too old for it"
    return ""


def _compiled(module: nn.Module, sample: Tensor, kind: torch.dtype) -> CompileChoice:
    """As asked, or as before a resume."""
    call, failed, seconds = _tried(module, sample, kind)
    return (
        CompileChoice(module, EAGER, failed)
        if call is None
        else CompileChoice(call, COMPILED, f"Compiled in {seconds:.0f} s.")
    )


def _measured(module: nn.Module, sample: Tensor, steps: int, kind: torch.dtype) -> CompileChoice:
    _seconds(module, sample, kind)  # the first one warms up
    plain = _seconds(module, sample, kind)
    if plain * steps < LONG_S:
        return CompileChoice(
            module, EAGER, f"Not compiled: {steps} steps of {_told(plain)} are too short to pay it back."
        )
    call, failed, took = _tried(module, sample, kind)
    if call is None:
        return CompileChoice(module, EAGER, failed)
    pairs = [(_seconds(module, sample, kind), _seconds(call, sample, kind)) for _ in range(STEPS)]
    plain, quick = (median(side) for side in zip(*pairs, strict=True))
    figures = f"{_told(quick)} a step instead of {_told(plain)}"
    if quick > (1 - GAIN) * plain:
        return CompileChoice(module, EAGER, f"Not compiled: tried in {took:.0f} s, it would be {figures}.")
    return CompileChoice(call, COMPILED, f"Compiled in {took:.0f} s: {figures}.")


def _tried(module: nn.Module, sample: Tensor, kind: torch.dtype) -> tuple[Call | None, str, float]:
    """The compiled call and the seconds it took; None and why where it cannot be."""
    if missing := missing_compiler(sample.device):
        return None, f"Not compiled: {missing}.", 0.0
    call = CompiledNetwork(module, sample.shape)
    try:
        took = _seconds(call, sample, kind)
        _seconds(call, sample, kind)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # whatever a compiler stumbles over, the network itself works
        return None, f"Not compiled: the compiler gave up ({type(error).__name__}).", 0.0
    return call, "", took


def _seconds(call: Call, sample: Tensor, kind: torch.dtype) -> float:
    """Of one forward and backward pass."""
    _wait(sample.device)
    began = time.perf_counter()
    with autocast(sample.device, kind):
        logits = call(sample)
    logits.float().square().mean().backward()  # type: ignore[no-untyped-call]
    _wait(sample.device)
    return time.perf_counter() - began


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


@contextmanager
def _preserve_state(module: nn.Module, device: torch.device) -> Iterator[None]:
    """What is measured leaves no trace: no gradient, no batch in a norm's memory, no chance used up."""
    kept = [one.clone() for one in module.buffers()]
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            yield
    finally:
        for one, was in zip(module.buffers(), kept, strict=True):
            one.copy_(was)
        module.zero_grad(set_to_none=True)


def _told(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
