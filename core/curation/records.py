"""The two tables of curation: what is labelled goes in, what is placed comes out."""

from collections.abc import Mapping
from dataclasses import dataclass

SPLITS = ("train", "val", "test")
Targets = tuple[float | None, ...]  # what a model shall say of several findings (1, 0, None: unknown), or the number


@dataclass(frozen=True, slots=True)
class LabelledCase:
    """One case with its current label. `label` indexes the task's classes; `facts` are columns such as site or sex.

    Of findings and numbers `targets` says what is known, and `label` is the stratum that stands for the case.
    """

    case: int
    patient: str
    label: int
    facts: Mapping[str, str]
    pixel_sha256: str = ""
    targets: Targets = ()


@dataclass(frozen=True, slots=True)
class AssignedCase:
    """One case of a snapshot. `weight` scales its loss, `repeats` is how often an epoch shows it (0: left out)."""

    case: int
    patient: str
    label: int
    split: str
    weight: float = 1.0
    repeats: int = 1
    targets: Targets = ()
