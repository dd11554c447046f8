"""Equal pixels are found, and what is wrong with them is told."""

import json

from core.curation.duplicates import count_by_split, exact_duplicates
from core.curation.recipe import Recipe
from core.curation.records import AssignedCase, LabelledCase
from core.curation.split import assign_splits
from tests.core.curation.tables import pneumonia_rows


def test_groups_tell_what_they_cross():
    rows = [
        LabelledCase(4, "A", 0, {}, "x"),
        LabelledCase(1, "A", 0, {}, "x"),
        LabelledCase(2, "A", 0, {}, "y"),
        LabelledCase(3, "B", 1, {}, "y"),
        LabelledCase(5, "B", 1, {}, "z"),
    ]
    placed = [AssignedCase(r.case, r.patient, r.label, "train" if r.patient == "A" else "test") for r in rows]
    same, crossing = exact_duplicates(rows, placed)
    assert same.cases == (1, 4)
    assert [same.crosses_splits, same.crosses_patients, same.labels_disagree] == [False, False, False]
    assert crossing.cases == (2, 3)
    assert [crossing.crosses_splits, crossing.crosses_patients, crossing.labels_disagree] == [True, True, True]
    assert json.loads(json.dumps(crossing.to_json()))["splits"] == ["train", "test"]


def test_unknown_pixels_are_not_alike():
    assert exact_duplicates([LabelledCase(1, "A", 0, {}), LabelledCase(2, "B", 0, {})]) == []


def test_three_copies_over_two_splits_count_inside_and_between():
    rows = [LabelledCase(i, "A", 0, {}, "x") for i in range(3)]
    placed = [AssignedCase(i, "A", 0, split) for i, split in enumerate(["train", "train", "val"])]
    assert count_by_split(exact_duplicates(rows, placed)) == {"train": 1, "train–val": 1}


def test_real_pneumonia_has_its_known_duplicates(data_dir):
    rows = pneumonia_rows(data_dir)
    groups = exact_duplicates(rows, assign_splits(rows, Recipe(split_fact="split"), ("normal", "pneumonia")))
    assert count_by_split(groups) == {"train": 18, "train–val": 8, "test": 3}
