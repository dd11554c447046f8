"""`rounds models`: the networks that can be trained."""

from core.cli.parser import Arguments, Handler, Parser
from core.cli.printing.result import Millions, Output
from core.explain import EXPLAINERS
from core.models import MODELS, ModelEntry

INPUTS = {
    "image": "one image",
    "stack": "slices of a series",
    "bag": "images of a study",
    "views": "two views of a study",
}


def list_models(_arguments: Arguments) -> Output:
    """Return a record for each model."""
    return [_record(entry) for entry in MODELS.values()]


def _record(entry: ModelEntry) -> dict[str, object]:
    """Return what to know before choosing it; sizes are edges in pixels."""
    return {
        "model": entry.name,
        "family": entry.family,
        "input": INPUTS[entry.takes],
        "least_size": entry.least_size,
        "default_size": entry.default_size,
        "parameters": Millions(entry.parameters),
        "explainers": [EXPLAINERS[name].name for name in entry.explainers],
    }


def _no_arguments(_parser: Parser) -> None:
    """Take nothing but the common options."""


HANDLERS = {"models": Handler(_no_arguments, list_models)}
