"""Records of curation: labelled cases go in, cases assigned to splits come out."""

from collections.abc import Mapping
from dataclasses import dataclass

SPLITS = ("train", "val", "test")
SPELLINGS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
Targets = tuple[float | None, ...]  # several findings (1, 0, None: unknown), or one number


@dataclass(frozen=True, slots=True)
class LabelledCase:
    """A case with its current label: `label` indexes the classes, `facts` are metadata columns such as site or sex.

    For findings and numbers, `targets` holds the known values and `label` the stratum of the case. `person` names the
    person if several patients are one.
    """

    case: int
    patient: str
    label: int
    facts: Mapping[str, str]
    pixel_sha256: str = ""
    targets: Targets = ()
    person: str = ""

    @property
    def group(self) -> str:
        """The person, of whom no two splits may have images."""
        return self.person or self.patient


@dataclass(frozen=True, slots=True)
class AssignedCase:
    """A case of a snapshot: `weight` scales its loss, `repeats` is how often an epoch includes it (0: excluded)."""

    case: int
    patient: str
    label: int
    split: str
    weight: float = 1.0
    repeats: int = 1
    targets: Targets = ()
    person: str = ""

    @property
    def group(self) -> str:
        """The person, of whom no two splits may have images."""
        return self.person or self.patient
