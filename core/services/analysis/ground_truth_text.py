"""Describe the reference label of a frozen case."""

from collections.abc import Sequence
from typing import Any

from core.services.annotation import numeric_answers
from core.services.training.runs import RunView
from db.vocabulary import TaskKind


def describe_targets(run: RunView, targets: Sequence[Any]) -> str:
    """Describe a frozen case's targets: `opacity`, `effusion, nodule` (those present), `no finding present`, `57`."""
    if run.kind is TaskKind.NUMBER:
        return numeric_answers.format_value(targets[0])
    if run.kind is not TaskKind.MULTI:
        return run.titles[int(targets[0])]
    present = [title for title, one in zip(run.titles, targets, strict=True) if one == 1]
    return ", ".join(present) or "no finding present"
