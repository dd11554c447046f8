"""The sections of the Review page, and which of them a run has."""

from core.services.training.runs import RunView
from db.vocabulary import TaskKind

SECTIONS = {
    "overview": "Overview",
    "curves": "Curves",
    "calibration": "Calibration",
    "decision": "Decision curve",
    "groups": "Subgroups",
    "findings": "All findings",
    "maps": "Saliency maps",
    "shortcuts": "Shortcuts",
    "suspects": "Label errors",
}
OF_MODEL = ("maps", "shortcuts", "suspects")  # need a model trained here
OF_ALL = ("overview", *OF_MODEL)  # for more than two classes at once
OF_NUMBERS = ("overview", "groups", "maps", "shortcuts")


def offered(run: RunView, positive: int) -> list[str]:
    """Return the sections of a run, for one class against the rest or, with -1, for all its classes."""
    if run.kind is TaskKind.NUMBER:
        names = list(OF_NUMBERS)
    elif run.kind is not TaskKind.MULTI and len(run.titles) > 2 and positive < 0:
        names = list(OF_ALL)
    else:
        names = [name for name in SECTIONS if name != "findings" or run.kind is TaskKind.MULTI]
    return names if run.external_source is None else [name for name in names if name not in OF_MODEL]
