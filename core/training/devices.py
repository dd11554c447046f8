"""Where to compute, said plainly."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import NotTrainable

if TYPE_CHECKING:
    import torch

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
KEPT = 2**30  # bytes: more than any array of a step


def choose_device(asked: str) -> "torch.device":
    """The device for "auto", "cpu" or "cuda".

    Raises:
        NotTrainable: a GPU was asked for and there is none.
    """
    import torch

    present = torch.cuda.is_available()
    if asked.startswith("cuda") and not present:
        raise NotTrainable("Device is 'cuda', but torch finds no GPU here; choose auto or cpu.")
    return torch.device(("cuda" if present else "cpu") if asked == "auto" else asked)


def device_name(device: "torch.device") -> str:
    """What a run records: "cpu", or the GPU's own name."""
    import torch

    return f"cuda ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else "cpu"


def describe(device: "torch.device", asked: str) -> str:
    """What the log says of it."""
    if device.type == "cuda":
        return f"Training on the GPU: {device_name(device)}."
    return "Training on the CPU, as asked." if asked == "cpu" and _gpu() else "No GPU found: training on the CPU."


def retain_freed_memory() -> None:
    """Keep what a step frees for the next one: a processor's steps otherwise give it back to the system each time.

    Asking for it again, page by page, took a quarter of a step. For a process that trains; without glibc nothing is
    done.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    for what in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD):
        mallopt(what, KEPT)


def to_device_async(values: "torch.Tensor", device: "torch.device") -> "torch.Tensor":
    """Values on that device; a GPU goes on with what it does meanwhile, which a plain `to` would wait for."""
    if device.type != "cuda" or values.device.type == "cuda":
        return values.to(device)
    return values.pin_memory().to(device, non_blocking=True)


@contextmanager
def out_of_memory_hint(what: str, way: str) -> Iterator[None]:
    """A GPU's memory that does not suffice is a sentence.

    Raises:
        NotTrainable: says so, and the way out.
    """
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        raise NotTrainable(f"The GPU's memory is too small for {what}; {way}.") from error


def _gpu() -> bool:
    import torch

    return torch.cuda.is_available()
