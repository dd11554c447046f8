"""Many sizes of images as bands of their longer side; few stay as they are."""

import numpy as np
import pytest

from core.evaluation.bands import UNKNOWN, banded, is_age, size_bands


def test_many_sizes_are_four_bands_of_about_as_many_cases():
    sides = np.random.default_rng(0).integers(1500, 3000, size=200).tolist()
    found = size_bands([f"{side - 400}×{side}" for side in sides])
    assert len(set(found)) == 4
    assert all(40 <= found.count(name) <= 60 for name in found)
    for side, name in zip(sides, found, strict=True):
        low, high = map(int, name.removeprefix("longer side ").split("–"))
        assert low <= side <= high


def test_few_sizes_and_what_is_no_size_stay():
    few = ["1024×1024", "2048×2500", UNKNOWN]
    names = [f"room {one}" for one in range(20)]
    assert banded({"image size": few, "room": names}) == {"image size": few, "room": names}


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
    assert banded({name: ["63", "063Y", UNKNOWN]}) == {name: ["55–69", "55–69", UNKNOWN]}


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
    assert banded({name: ["young", "63"]}) == {name: ["young", "63"]}
