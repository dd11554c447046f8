"""Modules of ours that are imported at their first use: one table of names, and the only code that reads it.

Importing torch takes seconds, and the first page, `rounds --help` and the job list never need it. Elsewhere a module
of ours is imported at the top of a file; one that loads torch is named there too, but for its first use:

    if TYPE_CHECKING:
        from core.training import loop
    else:
        loop = LazyModule("core.training.loop")

The first branch gives mypy the types and import-linter the arrow; the second one is what runs.
"""

from importlib import import_module
from types import ModuleType
from typing import Any

MODULES = frozenset(
    {
        # load numpy, which the first page does without
        "core.imaging.voi_lut",
        "core.imaging.thumbnails",
        "core.services.saliency.maps",
        "core.services.saliency.map_warnings",
        "core.services.training.resource_estimate",
        # load torch
        "core.inference",
        "core.explain.features",
        "core.explain.sanity.check",
        "core.explain.methods.gradcam_batch",
        "core.models.attention_resnets",
        "core.models.cnn_attention",
        "core.models.attention_mil",
        "core.models.fusion",
        "core.models.multi_image_layers",
        "core.models.slice_gru",
        "core.models.resnet3d",
        "core.training.loop",
        "core.training.benchmark_step",
        "core.training.augmentation_samples",
        "core.training.compilation",
        # load what one command needs; `rounds --help` reads the table of commands alone
        "core.cli.analysis",
        "core.cli.annotation",
        "core.cli.comparison",
        "core.cli.data",
        "core.cli.evaluation",
        "core.cli.jobs",
        "core.cli.maintenance",
        "core.cli.models",
        "core.cli.predictions",
        "core.cli.processes",
        "core.cli.screens",
        "core.cli.terminal",
        "core.cli.training",
        "dashboard.demo",
        "dashboard.server.app_server",
    }
)


def load(name: str) -> ModuleType:
    """Import a module of the table, or return the one imported before.

    Raises:
        ImportError: the name is not in `MODULES`.
    """
    return import_module(_checked(name))


class LazyModule(ModuleType):
    """Stand for a module of the table, which is imported when an attribute of it is first read."""

    def __init__(self, name: str) -> None:
        """Take the name as it stands in `MODULES`.

        Raises:
            ImportError: the name is not in `MODULES`; said at once, not at the first use.
        """
        super().__init__(_checked(name))

    def __getattr__(self, attribute: str) -> Any:
        """Return the attribute of the imported module."""
        return getattr(load(self.__name__), attribute)


def _checked(name: str) -> str:
    if name not in MODULES:
        raise ImportError(f"'{name}' is not a module for late import; add it to MODULES in {__name__}.", name=name)
    return name
