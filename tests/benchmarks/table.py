"""Every benchmark by name."""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType

from tests.benchmarks.measure import Benchmark, Study

TRAINED = ("small_cnn", "resnet18_28", "resnet18_224", "vit")
MODULES = {
    "import_dicom": ("import_dicom", "BENCHMARK"),
    "label_latency": ("label_latency", "BENCHMARK"),
    "label_latency_3000x2500": ("label_latency", "LARGE"),
    "stack_scroll": ("stack_scroll", "BENCHMARK"),
    "window_drag": ("window_drag", "BENCHMARK"),
    "server_start": ("server_start", "BENCHMARK"),
    "bootstrap_auroc": ("bootstrap_auroc", "BENCHMARK"),
    "operating_point": ("operating_point", "BENCHMARK"),
    "case_open": ("case_open", "BENCHMARK"),
    **{f"gradcam_{name}": ("gradcam", name) for name in ("forward", "package")},
    **{f"train_{name}{place}": ("train", f"{name}{place}") for place in ("", "_gpu") for name in TRAINED},
    "pneumonia_mnist": ("pneumonia_mnist", "STUDY"),
}
LONG = ("pneumonia_mnist",)  # hours: only where it is asked for by name
NAMES = tuple(MODULES)


def benchmark(name: str) -> Callable[[], Benchmark | Study]:
    """What makes the benchmark of that name; its module is loaded only when it is asked for."""
    module, called = MODULES[name]
    return lambda: _benchmark_of(import_module(f"tests.benchmarks.{module}"), called)


def _benchmark_of(module: ModuleType, called: str) -> Benchmark | Study:
    made: Benchmark | Study = getattr(module, called, None) or module.BENCHMARKS[called]
    return made
