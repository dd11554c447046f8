"""What is known of a frozen case, in words."""

from collections.abc import Sequence
from typing import Any

from core.services.annotation import numeric_answers
from core.services.training.runs import RunView
from db.vocabulary import TaskKind


def describe_targets(run: RunView, targets: Sequence[Any]) -> str:
    """`opacity`, `effusion, nodule` (those present), `no finding`, `57`: of a frozen case's targets."""
    if run.kind is TaskKind.NUMBER:
        return numeric_answers.format_value(targets[0])
    if run.kind is not TaskKind.MULTI:
        return run.titles[int(targets[0])]
    present = [title for title, one in zip(run.titles, targets, strict=True) if one == 1]
    return ", ".join(present) or "no finding present"
