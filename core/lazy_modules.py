"""Import our own heavy modules at their first use: one table of names, and the only code that reads it.

Importing torch takes seconds, and the first page, `rounds --help` and the job list never need it. A module that loads
torch is still named at the top of the file that uses it, and imported when it is first used:

    if TYPE_CHECKING:
        from core.training import loop
    else:
        loop = LazyModule("core.training.loop")

mypy and import-linter read the first branch; the second one runs.
"""

from importlib import import_module
from types import ModuleType
from typing import Any

MODULES = frozenset(
    {
        # load numpy, which the first page does without
        "core.imaging.voi_lut",
        "core.imaging.thumbnails",
        "core.services.datasets.snapshots",
        "core.services.saliency.maps",
        "core.services.saliency.map_warnings",
        "core.services.training.resource_estimate",
        # load what reads one file format, or one kind of DICOM pixel data, in each reader process
        "core.imaging.dicom.compression.encapsulated",
        "core.imaging.dicom.palette",
        "core.imaging.dicom.syntax",
        "core.imaging.importers.dicom",
        "core.imaging.importers.nifti",
        "core.imaging.importers.npz",
        "core.imaging.importers.picture",
        # loads what every kind of job needs, of which the dispatcher does none
        "core.worker.runner",
        # load torch
        "core.inference",
        "core.explain.features",
        "core.explain.sanity.check",
        "core.explain.methods.gradcam_batch",
        "core.services.images.show",
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
        # load what one command needs; `rounds --help` needs only the table of commands
        "core.cli.analysis",
        "core.cli.annotation",
        "core.cli.comparison",
        "core.cli.data",
        "core.cli.evaluation",
        "core.cli.imports",
        "core.cli.jobs",
        "core.cli.maintenance",
        "core.cli.models",
        "core.cli.persons",
        "core.cli.predictions",
        "core.cli.processes",
        "core.cli.screens",
        "core.cli.printing.terminal",
        "core.cli.training",
        # load numpy, which a page without parameters does without
        "dashboard.links.choices",
        "dashboard.links.objects",
        "dashboard.links.positions",
        "dashboard.demo",
        "dashboard.server.app_server",
    }
)


def load(name: str) -> ModuleType:
    """Import a module of the table, or return the one already imported.

    Raises:
        ImportError: the name is not in `MODULES`.
    """
    return import_module(_checked(name))


class LazyModule(ModuleType):
    """A stand-in for a module of the table, which is imported when one of its attributes is first read."""

    def __init__(self, name: str) -> None:
        """Check the name against `MODULES`, without importing the module.

        Raises:
            ImportError: the name is not in `MODULES`; raised here, not at the first use.
        """
        super().__init__(_checked(name))

    def __getattr__(self, attribute: str) -> Any:
        """Return the attribute of the imported module."""
        return getattr(load(self.__name__), attribute)


def _checked(name: str) -> str:
    if name not in MODULES:
        raise ImportError(f"'{name}' is not a module for late import; add it to MODULES in {__name__}.", name=name)
    return name
