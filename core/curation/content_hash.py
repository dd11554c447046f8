"""The name of a snapshot's content: equal content, equal hash, in whatever order it is listed."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from core.curation.recipe import Recipe
from core.curation.records import AssignedCase


def content_hash(
    classes: Sequence[str],
    recipe: Recipe,
    rows: Sequence[AssignedCase],
    *,
    keys: Mapping[int, str] | None = None,
    kind: str = "single",
) -> str:
    """sha256 (hex) of canonical JSON: classes in order, recipe, and the rows in order, with their targets.

    A kind that is not "single" is part of it. `keys` names a case by what it holds (its file's sha256) in place of its
    row's number, so that the same content has the same hash in any home.
    """
    named = keys or {row.case: str(row.case) for row in rows}
    table = sorted((_row(named[row.case], row) for row in rows), key=lambda line: line[:2])
    content = {"classes": list(classes), "recipe": recipe.to_json(), "rows": table}
    content |= {} if kind == "single" else {"kind": kind}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _row(name: str, row: AssignedCase) -> list[Any]:
    told = [None if one is None else float(one) for one in row.targets] if row.targets else row.label
    return [name, row.patient, told, row.split, float(row.weight), row.repeats]
