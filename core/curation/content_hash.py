"""Content hash of a snapshot: equal content gives an equal hash, in any order of the rows."""

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
    """Return the sha256 (hex) of canonical JSON: classes in order, recipe, and the sorted rows with their targets.

    A kind other than "single" is included. `keys` names each case by its content (the sha256 of its file) instead of
    its row id, so that equal content has an equal hash in any home.
    """
    case_names = keys or {row.case: str(row.case) for row in rows}
    table = sorted((_row(case_names[row.case], row) for row in rows), key=lambda line: line[:2])
    document = {"classes": list(classes), "recipe": recipe.to_json(), "rows": table}
    document |= {} if kind == "single" else {"kind": kind}
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _row(name: str, row: AssignedCase) -> list[Any]:
    target = [None if one is None else float(one) for one in row.targets] if row.targets else row.label
    return [name, row.patient, target, row.split, float(row.weight), row.repeats]
