"""What a network is asked: one head for each task, their outputs side by side. Loads no torch."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Head:
    """One question: of one class (single), of ordered classes (ordinal), of findings (multi), of a number.

    A number is learned as (value - mean) / deviation, both of the training cases, in the task's unit.
    """

    task: str
    kind: str
    classes: tuple[str, ...] = ()
    mean: float = 0.0
    deviation: float = 1.0

    @property
    def outputs(self) -> int:
        """How many of the network's outputs are its own: an ordinal one asks "is it above?" between its classes."""
        return {"ordinal": len(self.classes) - 1, "number": 1}.get(self.kind, len(self.classes))

    @property
    def targets(self) -> int:
        """How many numbers say what is known of a case: a class's index, a value, or one for every finding."""
        return len(self.classes) if self.kind == "multi" else 1

    @property
    def answers(self) -> int:
        """How many numbers it says of a case: probabilities of its classes or findings, or one value."""
        return 1 if self.kind == "number" else len(self.classes)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Head":
        """What `to_json` described."""
        return cls(**{**data, "classes": tuple(data["classes"])})

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def single_head(classes: Sequence[str], task: str = "") -> Head:
    """The usual head: one of these classes."""
    return Head(task, "single", tuple(classes))


def head_slices(heads: Sequence[Head], what: str) -> list[slice]:
    """Where each head's part lies among all their "outputs", "targets" or "answers"."""
    found, start = [], 0
    for head in heads:
        width: int = getattr(head, what)
        found.append(slice(start, start + width))
        start += width
    return found


def output_count(heads: Sequence[Head]) -> int:
    """How many outputs their network has."""
    return sum(head.outputs for head in heads)
