"""The two tables of curation: what is labelled goes in, what is placed comes out."""

from collections.abc import Mapping
from dataclasses import dataclass

SPLITS = ("train", "val", "test")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One case with its current label. `label` indexes the task's classes; `facts` are columns such as site or sex."""

    case: int
    patient: str
    label: int
    facts: Mapping[str, str]
    pixel_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """One case of a snapshot. `weight` scales its loss, `repeats` is how often an epoch shows it (0: left out)."""

    case: int
    patient: str
    label: int
    split: str
    weight: float = 1.0
    repeats: int = 1
