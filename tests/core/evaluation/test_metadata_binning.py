"""Bins of ages, image sizes and other numbers, and which facts divide cases: never the label by another name."""

import numpy as np
import pytest

from core.evaluation.metadata_binning import UNKNOWN, bin_metadata, excluded_facts, is_age, size_bands, subgroup_facts


def test_many_sizes_are_four_bands_of_about_as_many_cases():
    sides = np.random.default_rng(0).integers(1500, 3000, size=200).tolist()
    result = size_bands([f"{side - 400}×{side}" for side in sides])
    assert len(set(result)) == 4
    assert all(40 <= result.count(name) <= 60 for name in result)
    for side, name in zip(sides, result, strict=True):
        low, high = map(int, name.removeprefix("longer side ").split("–"))
        assert low <= side <= high


def test_few_sizes_and_what_is_no_size_stay():
    few = ["1024×1024", "2048×2500", UNKNOWN]
    names = [f"room {one}" for one in range(20)]
    assert bin_metadata({"image size": few, "room": names}) == {"image size": few, "room": names}


def test_an_unknown_size_stays_unknown_and_one_longer_side_is_one_band():
    sizes = [f"{1000 + one}×2000" for one in range(20)]
    assert size_bands([*sizes, UNKNOWN]) == ["longer side 2000"] * 20 + [UNKNOWN]


@pytest.mark.parametrize(
    "name",
    [
        "age",
        "Age",
        "AGE",
        "age_years",
        "Age (years)",
        "age [y]",
        "age in years",
        "patient_age",
        "patient age",
        "PatientAge",
        "Patient's Age",
        "PatientAgeYears",
    ],
)
def test_an_age_is_known_by_its_name_however_it_is_written(name):
    assert is_age(name)
    assert bin_metadata({name: ["63", "063Y", UNKNOWN]}) == {name: ["55–69", "55–69", UNKNOWN]}


@pytest.mark.parametrize(
    "name",
    [
        "stage",
        "image",
        "dosage",
        "age_group",
        "age_months",
        "bone_age",
        "mileage",
        "ages",
        "age 2",
        "år age",
        "",
    ],
)
def test_what_is_no_age_in_years_keeps_its_values(name):
    assert not is_age(name)
    assert bin_metadata({name: ["young", "63"]}) == {name: ["young", "63"]}


def test_few_values_stay_and_many_fall_away():
    facts = {"site": ["a", "b"] * 20, "name": [f"image {one}" for one in range(40)], "room": ["1"] * 40}
    assert subgroup_facts(facts) == {"site": ["a", "b"] * 20}


def test_ages_are_binned_as_in_reports_and_what_is_no_age_stays_unknown():
    ages = ["057Y", "018M", "61", "", "old", "9", "102"]
    expected = ["55–69", "0–17", "55–69", UNKNOWN, UNKNOWN, "0–17", "70 and older"]
    assert subgroup_facts({"age": ages}) == bin_metadata({"age": ages}) == {"age": expected}


def test_an_age_is_known_by_its_name_and_a_group_of_ages_is_none():
    result = subgroup_facts({"Age (years)": ["61", "9"], "age_group": ["young", "old"]})
    assert result == {"Age (years)": ["55–69", "0–17"], "age_group": ["young", "old"]}


def test_other_numbers_become_quarters():
    result = subgroup_facts({"kVp": [str(60 + one) for one in range(40)]})["kVp"]
    assert len(set(result)) == 4
    assert result[0] == "60 to 69.75"
    assert result[-1] == "89.25 to 99"


def test_a_fact_that_only_says_the_classes_is_the_label_itself():
    facts = {"finding": ["yes", "no", "unknown"], "view": ["AP", "PA", "AP"]}
    assert list(subgroup_facts(facts, also_not=["yes", "no"])) == ["view"]


def test_what_does_not_divide_is_told_with_its_reason():
    facts = {
        "site": ["a", "b"] * 20,
        "name": [f"image {one}" for one in range(40)],
        "room": ["1"] * 40,
        "finding": ["yes", "no"] * 20,
    }
    assert excluded_facts(facts, also_not=["yes", "no"]) == {
        "name": "it has 40 values, more than 20",
        "room": "every case has the same (1)",
        "finding": "it only repeats the classes",
    }
    assert {*excluded_facts(facts, also_not=["yes", "no"]), *subgroup_facts(facts, also_not=["yes", "no"])} == set(
        facts
    )


def test_many_sizes_are_bands_of_the_longer_side():
    result = subgroup_facts({"image size": [f"{1000 + one}×{2000 + one}" for one in range(40)]})["image size"]
    assert len(set(result)) == 4
    assert result[0] == "longer side 2000–2009"
