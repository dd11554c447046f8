"""The name of a snapshot's content: equal content, equal hash, in whatever order it is listed."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from core.curation.recipe import Recipe
from core.curation.rows import Placed


def content_hash(
    classes: Sequence[str], recipe: Recipe, rows: Sequence[Placed], *, keys: Mapping[int, str] | None = None
) -> str:
    """sha256 (hex) of canonical JSON: classes in order, recipe, and the rows in order.

    `keys` names a case by what it holds (its file's sha256) in place of its row's number, so that the same content
    has the same hash in any home.
    """
    named = keys or {row.case: str(row.case) for row in rows}
    table = sorted([named[row.case], row.patient, row.label, row.split, float(row.weight), row.repeats] for row in rows)
    content = {"classes": list(classes), "recipe": recipe.to_json(), "rows": table}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
