"""Every benchmark by name."""

from collections.abc import Callable
from importlib import import_module

from tests.benchmarks.measure import Benchmark

MODULES = {
    "import_dicom": ("import_dicom", "BENCHMARK"), "train_step": ("train_step", "BENCHMARK"),
    "label_latency": ("label_latency", "BENCHMARK"), "label_latency_3000x2500": ("label_latency", "LARGE"),
    "stack_scroll": ("stack_scroll", "BENCHMARK"), "window_drag": ("window_drag", "BENCHMARK"),
    "server_start": ("server_start", "BENCHMARK"),
}  # fmt: skip
NAMES = tuple(MODULES)


def benchmark(name: str) -> Callable[[], Benchmark]:
    """What makes the benchmark of that name; its module is loaded only when it is asked for."""
    module, called = MODULES[name]
    return lambda: getattr(import_module(f"tests.benchmarks.{module}"), called)
