"""Facts that divide cases: few values each, ages in decades, and never the label by another name."""

from core.curation.divided import divided, left_out


def test_few_values_stay_and_many_fall_away():
    facts = {"site": ["a", "b"] * 20, "name": [f"image {one}" for one in range(40)], "room": ["1"] * 40}
    assert divided(facts) == {"site": ["a", "b"] * 20}


def test_ages_become_decades_and_what_is_no_age_stays_unknown():
    assert divided({"age": ["057Y", "61", "", "old", "9"]}) == {"age": ["50–59", "60–69", "unknown", "unknown", "0–9"]}


def test_an_age_is_known_by_its_name_and_a_group_of_ages_is_none():
    found = divided({"Age (years)": ["61", "9"], "age_group": ["young", "old"]})
    assert found == {"Age (years)": ["60–69", "0–9"], "age_group": ["young", "old"]}


def test_other_numbers_become_quarters():
    found = divided({"kVp": [str(60 + one) for one in range(40)]})["kVp"]
    assert len(set(found)) == 4
    assert found[0] == "60 to 69.75"
    assert found[-1] == "89.25 to 99"


def test_a_fact_that_only_says_the_classes_is_the_label_itself():
    facts = {"finding": ["yes", "no", "unknown"], "view": ["AP", "PA", "AP"]}
    assert list(divided(facts, also_not=["yes", "no"])) == ["view"]


def test_what_does_not_divide_is_told_with_its_reason():
    facts = {
        "site": ["a", "b"] * 20,
        "name": [f"image {one}" for one in range(40)],
        "room": ["1"] * 40,
        "finding": ["yes", "no"] * 20,
    }
    assert left_out(facts, also_not=["yes", "no"]) == {
        "name": "it has 40 values, more than 20",
        "room": "every case has the same (1)",
        "finding": "it only says the classes",
    }
    assert {*left_out(facts, also_not=["yes", "no"]), *divided(facts, also_not=["yes", "no"])} == set(facts)


def test_many_sizes_are_bands_of_the_longer_side():
    found = divided({"image size": [f"{1000 + one}×{2000 + one}" for one in range(40)]})["image size"]
    assert len(set(found)) == 4
    assert found[0] == "longer side 2000–2009"
