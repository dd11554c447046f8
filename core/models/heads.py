"""Output heads: one for each task, side by side. Loads no torch."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Head:
    """The output head of one task: single-label, ordinal, multi-label findings, or a number.

    A number is trained as (value - mean) / deviation, both of the training cases, in the task's unit.
    """

    task: str
    kind: str
    classes: tuple[str, ...] = ()
    mean: float = 0.0
    deviation: float = 1.0

    @property
    def outputs(self) -> int:
        """Number of network outputs; an ordinal head has one "is it above?" output between each two classes."""
        return {"ordinal": len(self.classes) - 1, "number": 1}.get(self.kind, len(self.classes))

    @property
    def targets(self) -> int:
        """Number of target values per case: a class index, a value, or one per finding."""
        return len(self.classes) if self.kind == "multi" else 1

    @property
    def answers(self) -> int:
        """Number of predicted values per case: probabilities of classes or findings, or one value."""
        return 1 if self.kind == "number" else len(self.classes)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Head":
        """Read the output of `to_json`."""
        return cls(**{**data, "classes": tuple(data["classes"])})

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def single_head(classes: Sequence[str], task: str = "") -> Head:
    """Return the usual head, single-label classification."""
    return Head(task, "single", tuple(classes))


def head_slices(heads: Sequence[Head], part: str) -> list[slice]:
    """Return each head's slice among all their "outputs", "targets" or "answers"."""
    slices, start = [], 0
    for head in heads:
        width: int = getattr(head, part)
        slices.append(slice(start, start + width))
        start += width
    return slices


def output_count(heads: Sequence[Head]) -> int:
    """Return the number of network outputs of all heads."""
    return sum(head.outputs for head in heads)
