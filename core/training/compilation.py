"""Speed-up of training steps by torch.compile, decided by measurement, and by the memory layout of weights."""

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
FEWEST = 500  # remaining steps below which nothing is measured
LONG_S = 1200.0  # seconds of remaining training above which compiling (up to a minute) is tried
GAIN = 0.05  # minimal speed-up as a fraction of a step; less is within the noise
STEPS = 5  # measured steps of each kind
LAYOUTS = {4: torch.channels_last, 5: torch.channels_last_3d}

Call = Callable[[Tensor], Tensor]


class CompileChoice(NamedTuple):
    """How to call the network during training, the mode ("eager" or "compiled"), and a sentence for the log or ''."""

    call: Call
    mode: str
    message: str


def channels_last(module: nn.Module) -> nn.Module:
    """Convert convolution weights to channels last, which convolutions read faster on any device."""
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.ndim in LAYOUTS:
            # not `contiguous`: with one channel a tensor is contiguous in both layouts, and the slower one is used
            tensor.data = tensor.data.to(memory_format=LAYOUTS[tensor.ndim])
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
    """Decide whether the remaining steps run compiled.

    By the setting, by `decided` before a resume, else by measurement. `sample` is a batch as the network sees it; only
    full batches of that shape are compiled. The module and the random state are left unchanged.
    """
    mode = decided or {"no": EAGER, "yes": COMPILED}.get(spec.compile)
    if mode == EAGER:
        return CompileChoice(module, EAGER, "")
    if mode is None and (steps < FEWEST or sample.ndim != 4):
        return CompileChoice(
            module, EAGER, ""
        )  # with several images per case each batch may have another shape, which would be compiled anew
    with _preserve_state(module, sample.device):
        try:
            return _compiled(module, sample, kind) if mode else _measured(module, sample, steps, kind)
        except torch.OutOfMemoryError:
            return CompileChoice(module, EAGER, "Not compiled: not enough GPU memory to try.")


class CompiledNetwork:
    """A network compiled for full training batches; everything else runs eagerly."""

    def __init__(self, module: nn.Module, shape: Sequence[int]) -> None:
        """Prepare; compilation happens at the first call."""
        self.module, self.shape = module, tuple(shape)
        self.quick: Call = torch.compile(module, dynamic=False)

    def __call__(self, images: Tensor) -> Tensor:
        """Return logits (B, outputs) of (B, channels, size, size)."""
        is_full_batch = tuple(images.shape) == self.shape and self.module.training and torch.is_grad_enabled()
        return self.quick(images) if is_full_batch else self.module(images)


def missing_compiler(device: torch.device) -> str:
    """Return what is missing for compiling on the device, '' where nothing is."""
    if not any(shutil.which(name) for name in (os.environ.get("CXX", "g++"), "clang++", "c++")):
        return "no C++ compiler is installed"
    if device.type == "cuda":
        from torch.utils._triton import has_triton

        return "" if has_triton() else "Triton is missing, or this GPU is too old for it"
    return ""


def _compiled(module: nn.Module, sample: Tensor, kind: torch.dtype) -> CompileChoice:
    """Compile by the setting, or as before a resume."""
    call, failed, seconds = _try_compile(module, sample, kind)
    return (
        CompileChoice(module, EAGER, failed)
        if call is None
        else CompileChoice(call, COMPILED, f"Compiled in {seconds:.0f} s.")
    )


def _measured(module: nn.Module, sample: Tensor, steps: int, kind: torch.dtype) -> CompileChoice:
    _seconds(module, sample, kind)  # the first one warms up
    eager_s = _seconds(module, sample, kind)
    if eager_s * steps < LONG_S:
        return CompileChoice(
            module, EAGER, f"Not compiled: {steps} steps of {_duration_text(eager_s)} are too few to gain from it."
        )
    call, failed, compile_s = _try_compile(module, sample, kind)
    if call is None:
        return CompileChoice(module, EAGER, failed)
    pairs = [(_seconds(module, sample, kind), _seconds(call, sample, kind)) for _ in range(STEPS)]
    eager_s, compiled_s = (median(side) for side in zip(*pairs, strict=True))
    comparison = f"{_duration_text(compiled_s)} per step instead of {_duration_text(eager_s)}"
    if compiled_s > (1 - GAIN) * eager_s:
        return CompileChoice(
            module, EAGER, f"Not compiled: after a trial of {compile_s:.0f} s, it would take {comparison}."
        )
    return CompileChoice(call, COMPILED, f"Compiled in {compile_s:.0f} s: {comparison}.")


def _try_compile(module: nn.Module, sample: Tensor, kind: torch.dtype) -> tuple[Call | None, str, float]:
    """Return the compiled call and its compile time in seconds, or None and the reason."""
    if missing := missing_compiler(sample.device):
        return None, f"Not compiled: {missing}.", 0.0
    call = CompiledNetwork(module, sample.shape)
    try:
        compile_s = _seconds(call, sample, kind)
        _seconds(call, sample, kind)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # whatever makes the compiler fail, the network itself works
        return None, f"Not compiled: the compiler failed ({type(error).__name__}).", 0.0
    return call, "", compile_s


def _seconds(call: Call, sample: Tensor, kind: torch.dtype) -> float:
    """Return the seconds of one forward and backward pass."""
    _wait(sample.device)
    started = time.perf_counter()
    with autocast(sample.device, kind):
        logits = call(sample)
    logits.float().square().mean().backward()  # type: ignore[no-untyped-call]
    _wait(sample.device)
    return time.perf_counter() - started


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


@contextmanager
def _preserve_state(module: nn.Module, device: torch.device) -> Iterator[None]:
    """Restore gradients, buffers and random state after a measurement."""
    buffers = [one.clone() for one in module.buffers()]
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            yield
    finally:
        for buffer, saved in zip(module.buffers(), buffers, strict=True):
            buffer.copy_(saved)
        module.zero_grad(set_to_none=True)


def _duration_text(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
