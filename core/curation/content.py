"""The name of a snapshot's content: equal content, equal hash, in whatever order it is listed."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from core.curation.recipe import Recipe
from core.curation.rows import Placed


def content_hash(
    classes: Sequence[str], recipe: Recipe, rows: Sequence[Placed], *, pixels: Mapping[int, str] | None = None
) -> str:
    """sha256 (hex) of canonical JSON: classes in order, recipe, and the rows sorted by case.

    `pixels` maps a case to its pixels' sha256; given, a changed picture changes the name too.
    """
    seen = pixels or {}
    table = [
        [row.case, row.patient, row.label, row.split, float(row.weight), row.repeats, seen.get(row.case, "")]
        for row in sorted(rows, key=lambda row: row.case)
    ]
    content = {"classes": list(classes), "recipe": recipe.to_json(), "rows": table}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
