"""Choice of the device, its description, and memory management."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import NotTrainable

if TYPE_CHECKING:
    import torch

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
RETAINED_BYTES = 2**30  # more than any array of a step


def choose_device(setting: str) -> "torch.device":
    """Return the device for "auto", "cpu" or "cuda".

    Raises:
        NotTrainable: a GPU was requested and none is available.
    """
    import torch

    has_gpu = torch.cuda.is_available()
    if setting.startswith("cuda") and not has_gpu:
        raise NotTrainable("Device is 'cuda', but torch finds no GPU; choose auto or cpu.")
    return torch.device(("cuda" if has_gpu else "cpu") if setting == "auto" else setting)


def device_name(device: "torch.device") -> str:
    """Return the name that a run records: "cpu", or the GPU's own name."""
    import torch

    return f"cuda ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else "cpu"


def describe(device: "torch.device", setting: str) -> str:
    """Return a sentence about the device for the log."""
    if device.type == "cuda":
        return f"Training on the GPU: {device_name(device)}."
    return "Training on the CPU, as set." if setting == "cpu" and _gpu() else "No GPU found. Training on the CPU."


def retain_freed_memory() -> None:
    """Make glibc retain freed memory for the next step, instead of returning it to the system each time.

    Requesting it again, page by page, took a quarter of a CPU step. For training processes; does nothing without glibc.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    for parameter in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD):
        mallopt(parameter, RETAINED_BYTES)


def to_device_async(values: "torch.Tensor", device: "torch.device") -> "torch.Tensor":
    """Return the values on the device; a GPU keeps computing meanwhile, for which a plain `to` would wait."""
    if device.type != "cuda" or values.device.type == "cuda":
        return values.to(device)
    return values.pin_memory().to(device, non_blocking=True)


@contextmanager
def out_of_memory_hint(what: str, way: str) -> Iterator[None]:
    """Turn a GPU out-of-memory error into a readable one.

    Raises:
        NotTrainable: names what does not fit, and the way out.
    """
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        raise NotTrainable(f"Not enough GPU memory for {what}; {way}.") from error


def _gpu() -> bool:
    import torch

    return torch.cuda.is_available()
