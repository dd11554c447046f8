"""Whole patients, shares near the wanted ones, and a column that is obeyed or refused."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from core.curation.leakage import shared_patients
from core.curation.recipe import Recipe
from core.curation.records import SPELLINGS, SPLITS, LabelledCase
from core.curation.split import assign_splits
from core.curation.summary import summary
from core.errors import InvalidInput, LeakingSplit
from tests.core.curation.tables import CLASSES, chest_rows, pneumonia_rows, random_rows


def single(labels, **facts):
    """One image per patient with these labels."""
    return [LabelledCase(i, f"P-{i}", label, dict(facts)) for i, label in enumerate(labels)]


def splits_of(placed):
    return {row.case: row.split for row in placed}


@pytest.mark.parametrize("seed", range(30))
def test_random_tables_never_share_a_patient_and_lose_no_case(seed):
    rows = random_rows(seed, patients=10 + 7 * seed)
    placed = assign_splits(rows, Recipe(stratify=("site", "view"), seed=seed), CLASSES)
    assert shared_patients(placed) == []
    assert [(p.case, p.patient, p.label) for p in placed] == [(r.case, r.patient, r.label) for r in rows]
    assert {p.split for p in placed} == set(SPLITS)


@pytest.mark.parametrize("seed", range(10))
def test_shares_of_images_patients_and_classes_are_near_the_wanted(seed):
    placed = assign_splits(random_rows(seed, patients=300), Recipe(val=0.2, test=0.1, seed=seed), CLASSES)
    result = summary(placed, CLASSES)
    for split, expected in {"train": 0.7, "val": 0.2, "test": 0.1}.items():
        for count in (lambda s: s["images"], lambda s: s["patients"]):
            assert count(result[split]) / sum(count(s) for s in result.values()) == pytest.approx(expected, abs=0.02)
        for name in CLASSES:
            total = sum(s["labels"][name] for s in result.values())
            assert result[split]["labels"][name] / total == pytest.approx(expected, abs=0.02 + 2 / total)


def test_the_seed_alone_decides_not_the_order_of_the_rows():
    rows = random_rows(3)
    recipe = Recipe(stratify=("site",), balance="oversample", seed=11)
    shuffled = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))]
    first = {p.case: p for p in assign_splits(rows, recipe, CLASSES)}
    assert first == {p.case: p for p in assign_splits(shuffled, recipe, CLASSES)}
    assert splits_of(first.values()) != splits_of(assign_splits(rows, replace(recipe, seed=12), CLASSES))


def site_distance(rows, placed):
    """Summed distance of each site's share of images in val and test from 0.15."""
    split, total = splits_of(placed), Counter(row.facts["site"] for row in rows)
    part = Counter((row.facts["site"], split[row.case]) for row in rows)
    return sum(abs(part[site, s] / n - 0.15) for site, n in total.items() for s in ("val", "test"))


def test_stratifying_by_site_keeps_sites_nearer_than_not():
    distances = {True: 0.0, False: 0.0}
    for seed in range(20):
        rows = random_rows(seed, patients=150)
        for requested in distances:
            recipe = Recipe(stratify=("site",) if requested else (), seed=seed)
            distances[requested] += site_distance(rows, assign_splits(rows, recipe, CLASSES))
    assert distances[True] < 0.6 * distances[False]


def test_labels_are_nearer_than_a_random_split_of_patients():
    rows = random_rows(5, patients=200)
    greedy = summary(assign_splits(rows, Recipe(), CLASSES), CLASSES)
    gaps = []
    for seed in range(200):
        names = sorted({row.patient for row in rows})
        order = np.random.default_rng(seed).permutation(len(names))
        test = {names[i] for i in order[: round(0.15 * len(names))]}
        shares = [
            sum(r.patient in test for r in rows if r.label == c) / sum(r.label == c for r in rows) for c in range(3)
        ]
        gaps.append(max(abs(share - 0.15) for share in shares))
    ours = [greedy["test"]["labels"][name] / sum(s["labels"][name] for s in greedy.values()) - 0.15 for name in CLASSES]
    assert max(map(abs, ours)) < np.quantile(gaps, 0.05)


@pytest.mark.parametrize("seed", range(20))
def test_a_class_of_three_patients_stands_in_every_split(seed):
    rows = single([0] * 60 + [1] * 30 + [2] * 3)
    result = summary(assign_splits(rows, Recipe(val=0.1, test=0.1, seed=seed), CLASSES), CLASSES)
    assert [result[split]["labels"]["effusion"] for split in SPLITS] == [1, 1, 1]


def test_a_class_of_one_patient_is_placed_without_fuss():
    result = summary(assign_splits(single([0] * 20 + [1]), Recipe(), CLASSES[:2]), CLASSES[:2])
    assert sum(part["labels"]["pneumonia"] for part in result.values()) == 1


@pytest.mark.parametrize(("val", "test", "present"), [(0, 0.2, {"train", "test"}), (0.2, 0, {"train", "val"})])
def test_a_share_of_zero_leaves_that_split_out(val, test, present):
    placed = assign_splits(random_rows(1), Recipe(val=val, test=test), CLASSES)
    assert {p.split for p in placed} == present


def test_no_validation_and_no_test_is_all_train():
    assert {p.split for p in assign_splits(random_rows(1), Recipe(val=0, test=0), CLASSES)} == {"train"}


def test_alike_patients_are_shared_out_exactly():
    result = summary(assign_splits(single([0] * 700 + [1] * 300), Recipe(), CLASSES[:2]), CLASSES[:2])
    assert [result[s]["labels"] for s in ("val", "test")] == [{"normal": 105, "pneumonia": 45}] * 2


@pytest.mark.parametrize(
    ("rows", "recipe", "sentence"),
    [
        ([], Recipe(), "No case has a label yet"),
        (single([0, 1]), Recipe(), r"2 patient\(s\) cannot fill 3 splits"),
        (single([0, 1] * 10), Recipe(val=0.01), "split val would be empty.*20 patients.*at least 0.05, or 0"),
        (single([0, 5]), Recipe(), "Case 1 has label 5, but the task has 3 classes"),
        (single([0, 1, -1]), Recipe(), "Case 2 has label -1"),
        ([LabelledCase(9, "", 0, {})], Recipe(), "Case 9 has no patient"),
        (single([0, 1, 0]) + single([0]), Recipe(), "Case 0 is listed 2 times"),
        (
            single([0] * 9, sex="F"),
            Recipe(stratify=("site",)),
            "column site to stratify by; the available columns are: sex",
        ),
    ],
)
def test_what_cannot_be_split_is_refused_in_a_sentence(rows, recipe, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        assign_splits(rows, recipe, CLASSES)


def test_a_column_of_ages_is_no_stratum():
    rows = [LabelledCase(i, f"P-{i}", 0, {"age": str(i)}) for i in range(60)]
    with pytest.raises(InvalidInput, match="age has 60 different values"):
        assign_splits(rows, Recipe(stratify=("age",)), CLASSES)


def test_a_column_decides_in_every_usual_spelling():
    words = ["train", "Train ", "val", "valid", "validation", "TEST"]
    rows = [LabelledCase(i, f"P-{i}", 0, {"split": word}) for i, word in enumerate(words)]
    placed = assign_splits(rows, Recipe(split_fact="split"), CLASSES)
    assert [p.split for p in placed] == ["train", "train", "val", "val", "val", "test"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["train", "holdout"], "column fold has 'holdout' for case 1"),
        (["train", "", " "], "2 of 3 labelled cases have no value in the split column fold"),
        (["test", "val"], "column fold has no training cases"),
    ],
)
def test_a_column_that_does_not_serve_is_refused_by_name(words, sentence):
    rows = [LabelledCase(i, f"P-{i}", 0, {"fold": word}) for i, word in enumerate(words)]
    with pytest.raises(InvalidInput, match=sentence):
        assign_splits(rows, Recipe(split_fact="fold"), CLASSES)


def test_a_column_that_shares_a_patient_stays_as_given():
    rows = [LabelledCase(i, "P-TWO", 0, {"fold": word}) for i, word in enumerate(["train", "test"])]
    placed = assign_splits(rows, Recipe(split_fact="fold"), CLASSES)
    assert [row.split for row in placed] == ["train", "test"]
    assert shared_patients(placed) == ["P-TWO"]


def test_real_chest_images_the_folders_they_came_in_share_17_patients(data_dir):
    rows = chest_rows(data_dir)
    placed = assign_splits(rows, Recipe(split_fact="folder_split"), ("0", "1"))
    assert len(shared_patients(placed)) == 17
    assert [row.split for row in placed] == [SPELLINGS[row.facts["folder_split"]] for row in rows]


def test_a_split_of_ours_that_leaks_is_refused(monkeypatch):
    monkeypatch.setattr("core.curation.split._by_patient", lambda rows, recipe, classes: ["train", "test"])
    rows = [LabelledCase(i, "P-TWO", 0, {}) for i in range(2)]
    with pytest.raises(LeakingSplit, match=r"P-TWO \(train and test\)"):
        assign_splits(rows, Recipe(), CLASSES)


def test_real_chest_images_by_patient_stratified_by_sex(data_dir):
    rows = chest_rows(data_dir)
    result = summary(assign_splits(rows, Recipe(stratify=("sex",)), ("0", "1")), ("0", "1"))
    assert sum(part["images"] for part in result.values()) == 588
    assert sum(part["patients"] for part in result.values()) == 185  # each counted once: nobody is shared
    for split in ("val", "test"):
        assert result[split]["images"] / 588 == pytest.approx(0.15, abs=0.02)
        assert result[split]["patients"] / 185 == pytest.approx(0.15, abs=0.02)
        assert result[split]["labels"]["1"] / 259 == pytest.approx(0.15, abs=0.03)


def test_real_pneumonia_keeps_its_own_split(data_dir):
    placed = assign_splits(pneumonia_rows(data_dir), Recipe(split_fact="split"), ("normal", "pneumonia"))
    assert Counter(p.split for p in placed) == {"train": 4708, "val": 524, "test": 624}
