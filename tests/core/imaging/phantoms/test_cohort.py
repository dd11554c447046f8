"""Who is in the demo and what is planted: the same for a seed, enough of everything for any."""

from collections import Counter, defaultdict

import pytest

from core.curation.recipe import Recipe
from core.curation.records import LabelledCase
from core.curation.split import assign_splits
from core.imaging.phantoms.cohort import CLASSES, HARD, SITES, draw_cohort, hard_group

SEEDS = range(8)


@pytest.fixture(scope="module", params=SEEDS)
def seed(request) -> int:
    return request.param


@pytest.fixture(scope="module")
def plan(seed):
    return draw_cohort(seed)


def test_a_seed_is_a_cohort(seed, plan):
    assert draw_cohort(seed) == plan
    assert draw_cohort(seed + 100) != plan


def test_there_are_enough_of_two_sites(plan):
    assert len({one.patient for one in plan}) >= 300
    assert len(plan) >= 900
    assert {one.site.name for one in plan} == {site.name for site in SITES}
    assert [one.number for one in plan] == list(range(len(plan)))
    of = {one.patient: one for one in plan if one.copies is None}
    assert all((one.site, one.sex) == (of[one.patient].site, of[one.patient].sex) for one in plan)


def test_one_label_in_twenty_is_wrong_and_some_wait_for_the_visitor(plan):
    given = [one for one in plan if one.given]
    wrong = [one for one in given if one.given != one.truth]
    assert [one for one in given if one.wrong] == wrong
    assert len(wrong) == round(0.05 * len(given))
    waiting = {one.patient for one in plan if not one.given}
    assert 30 <= len(waiting) <= 60
    assert waiting.isdisjoint(one.patient for one in given)  # whole patients


def test_ten_plates_are_filed_again_under_another_patient_of_their_site(plan):
    repeats = [one for one in plan if one.copies is not None]
    assert Counter(one.site.name for one in repeats) == {site.name: 5 for site in SITES}
    for exposure in repeats:
        first = plan[exposure.copies]
        assert exposure.patient != first.patient
        assert (exposure.site, exposure.opacity, exposure.view, exposure.device) == (
            first.site,
            first.opacity,
            first.view,
            first.device,
        )
        assert exposure.given == exposure.truth == first.given


def test_the_marker_stands_at_one_site_and_goes_with_the_opacity(plan):
    marks = next(site for site in SITES if site.marks)
    marked = [one for one in plan if one.site is marks and not one.hard]
    share = defaultdict(list)
    for exposure in marked:
        share[exposure.opacity].append(exposure.marker)
    assert sum(share[True]) / len(share[True]) > 0.75
    assert sum(share[False]) / len(share[False]) < 0.2
    assert not any(one.marker for one in plan if one.site is not marks)


def test_the_hard_group_is_a_subgroup_of_the_facts(seed, plan):
    fact, value = hard_group(seed)
    for exposure in plan:
        fact_value = exposure.facts[fact]
        assert exposure.hard == (int(fact_value) >= 70 if fact == "age" else fact_value == value)
    assert {hard_group(other)[0] for other in range(20)} == {fact for fact, _ in HARD}


def test_twenty_of_its_patients_opacities_fall_into_a_test_split(plan):
    rows = [
        LabelledCase(
            case=exposure.number,
            patient=str(exposure.patient),
            label=CLASSES.index(exposure.given),
            facts=exposure.facts,
        )
        for exposure in plan
        if exposure.given
    ]
    for recipe_seed in range(3):
        recipe = Recipe(val=0.15, test=0.3, stratify=("site", "view"), seed=recipe_seed)
        placed = assign_splits(rows, recipe, CLASSES)
        assert sum(plan[one.case].hard and plan[one.case].opacity for one in placed if one.split == "test") >= 20
