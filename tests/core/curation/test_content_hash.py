"""The same content has the same name; any change has another."""

from dataclasses import replace

import pytest

from core.curation.content_hash import content_hash
from core.curation.recipe import Recipe
from core.curation.records import AssignedCase

ROWS = [AssignedCase(1, "A", 0, "train", 0.5, 2), AssignedCase(2, "B", 1, "test"), AssignedCase(3, "C", 1, "val")]
CLASSES = ("no", "yes")
NAME = content_hash(CLASSES, Recipe(), ROWS)


def test_it_is_a_sha256_that_does_not_change_between_versions():
    assert NAME == "9e8de69699dbd0831bc8baa115f5fdec08a31a2f902da740104a65664d6ccd69"


def test_order_and_number_types_do_not_matter():
    assert content_hash(list(CLASSES), Recipe(), ROWS[::-1]) == NAME
    whole = [replace(row, weight=1) if row.weight == 1.0 else row for row in ROWS]
    assert content_hash(CLASSES, Recipe(), whole) == NAME
    assert content_hash(CLASSES, Recipe(val=0), ROWS) == content_hash(CLASSES, Recipe(val=0.0), ROWS)


@pytest.mark.parametrize(
    "change", [{"case": 9}, {"patient": "Z"}, {"label": 1}, {"split": "val"}, {"weight": 0.6}, {"repeats": 3}]
)
def test_any_change_of_a_row_changes_the_name(change):
    assert content_hash(CLASSES, Recipe(), [replace(ROWS[0], **change), *ROWS[1:]]) != NAME


def test_classes_in_another_order_recipe_rows_and_pixels_change_the_name():
    assert content_hash(CLASSES[::-1], Recipe(), ROWS) != NAME
    assert content_hash(CLASSES, Recipe(seed=1), ROWS) != NAME
    assert content_hash(CLASSES, Recipe(), ROWS[:2]) != NAME
    assert content_hash(CLASSES, Recipe(), ROWS, keys={1: "aa", 2: "bb", 3: "cc"}) != NAME


def test_named_by_content_the_row_numbers_do_not_matter():
    moved = [replace(row, case=row.case + 7) for row in ROWS]
    keys = {row.case: f"sha{row.case}" for row in ROWS}
    present = {row.case + 7: name for row, name in zip(ROWS, keys.values(), strict=True)}
    assert content_hash(CLASSES, Recipe(), ROWS, keys=keys) == content_hash(CLASSES, Recipe(), moved, keys=present)
