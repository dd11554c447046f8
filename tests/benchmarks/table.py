"""Every benchmark by name."""

from collections.abc import Callable
from importlib import import_module

from tests.benchmarks.measure import Benchmark

NAMES = ("import_dicom", "train_step", "label_latency", "server_start")


def benchmark(name: str) -> Callable[[], Benchmark]:
    """What makes the benchmark of that name; its module is loaded only when it is asked for."""
    return lambda: import_module(f"tests.benchmarks.{name}").BENCHMARK
