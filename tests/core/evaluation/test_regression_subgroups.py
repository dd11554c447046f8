"""Groups of numbers: the errors of their cases alone, the planted one first, intervals that cover."""

import numpy as np
import pytest
from sklearn import metrics as sk

from core.errors import InvalidInput
from core.evaluation.estimate import PatientIndex
from core.evaluation.regression import regression_report
from core.evaluation.regression_subgroups import FIGURES, ONE_SIDED, regression_subgroups
from core.evaluation.subgroup_gap import holm

NAMES = {"mae": sk.mean_absolute_error, "rmse": sk.root_mean_squared_error, "bias": lambda y, p: np.mean(p - y)}


def ward(seed=0, *, patients=150, worse=2.5, shift=0.0):
    """Predicted and true values of patients with two cases each; on site B `worse` times as far off, and shifted."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(patients), 2)
    site, sex = (rng.choice(list(values), size=patients)[owner] for values in ("AABC", "FM"))
    truth = rng.normal(50, 10, size=len(owner))
    error = (rng.normal(size=patients)[owner] + rng.normal(size=len(owner))) * np.where(site == "B", worse, 1.0)
    result = truth + error + shift * (site == "B")
    return result, truth, PatientIndex(owner, patients), {"site": site.tolist(), "sex": sex.tolist()}


@pytest.mark.parametrize("figure", FIGURES)
def test_a_group_s_figure_is_that_of_its_cases_alone_and_the_rest_s_of_all_others(figure):
    report, truth, owners, facts = ward()
    result = regression_subgroups(report, truth, owners, facts, figure=figure, resamples=50)
    assert {len(one.facts) for one in result} == {1, 2}
    for group in result:
        ours = np.all([np.asarray(facts[name]) == value for name, value in group.facts], axis=0)
        assert (group.cases, group.events, group.patients) == (
            ours.sum(),
            None,
            len(set(owners.patient_of_case[ours].tolist())),
        )
        for side, item in ((ours, group.figure), (~ours, group.rest)):
            assert item.value == pytest.approx(NAMES[figure](truth[side], report[side]), abs=1e-9)
            assert item.ci_low < item.value < item.ci_high
        assert group.gap.value == pytest.approx(group.figure.value - group.rest.value, abs=1e-12)
        assert (group.p < 0.05) == (group.gap.ci_low > 0 or group.gap.ci_high < 0)
    assert [one.adjusted_p for one in result] == pytest.approx(holm([one.p for one in result]))


def test_a_group_of_all_but_a_few_has_the_interval_of_the_report():
    result, truth, owners, _ = ward()
    first = np.arange(300) < 2
    facts = {"who": np.where(first, "one", "all").tolist()}
    (group,) = (one for one in regression_subgroups(result, truth, owners, facts) if one.facts == (("who", "all"),))
    alone = regression_report(result[~first], truth[~first], owners.patient_of_case[~first].tolist()).metrics["mae"]
    assert group.figure.value == pytest.approx(alone.value, abs=1e-12)
    assert [group.figure.ci_low, group.figure.ci_high] == pytest.approx([alone.ci_low, alone.ci_high], rel=0.02)


@pytest.mark.parametrize("figure", ["mae", "rmse"])
def test_the_group_that_is_further_off_comes_first_and_stays_so_after_correction(figure):
    first, *others = regression_subgroups(*ward(1), figure=figure)
    assert first.facts == (("site", "B"),)
    assert first.adjusted_p < 0.001
    assert all(one.gap.value < first.gap.value or one.p > first.p for one in others)


@pytest.mark.parametrize("shift", [-4.0, 4.0])
def test_the_bias_that_is_another_than_elsewhere_comes_first_whichever_way(shift):
    first = regression_subgroups(*ward(2, shift=shift), figure="bias")[0]
    assert first.facts == (("site", "B"),)
    assert np.sign(first.gap.value) == np.sign(shift)


def test_thin_groups_come_last_and_are_not_tested_and_one_patient_is_never_a_bare_number():
    report, truth, owners, facts = ward()
    facts["who"] = np.where(
        owners.patient_of_case == 0, "one", np.where(owners.patient_of_case < 8, "few", "many")
    ).tolist()
    result = regression_subgroups(report, truth, owners, facts, pairs=False, resamples=50)
    named = {one.facts[0][1]: one for one in result}
    assert {one.facts[0][1] for one in result[-2:]} == {"one", "few"}
    assert named["few"].thin
    assert named["few"].figure.ci_low is not None
    assert named["few"].p is named["few"].adjusted_p is None
    assert named["one"].figure.value is named["one"].gap.value is None


def test_intervals_of_groups_and_gaps_cover_the_truth():
    retained, many = np.zeros(2), 200
    true = 2 * np.sqrt(2) / np.sqrt(2 * np.pi)  # the mean absolute of two standard normals' sum
    for seed in range(many):
        result = {one.facts: one for one in regression_subgroups(*ward(seed, patients=80), pairs=False, resamples=100)}
        item = result[("site", "B"),]
        retained += [
            item.figure.ci_low <= 2.5 * true <= item.figure.ci_high,
            item.gap.ci_low <= 1.5 * true <= item.gap.ci_high,
        ]
    assert (retained / many >= 0.90).all(), retained / many
    assert (retained / many <= 0.99).all(), retained / many


def test_what_cannot_be_divided_is_one_sentence():
    result, truth, owners, facts = ward()
    with pytest.raises(
        InvalidInput, match="Unknown metric 'auroc' for subgroups of a number; choose one of mae, rmse, bias"
    ):
        regression_subgroups(result, truth, owners, facts, figure="auroc")
    with pytest.raises(InvalidInput, match="No cases to divide"):
        regression_subgroups(result[:0], truth[:0], PatientIndex(owners.patient_of_case[:0], 0), {})
    assert regression_subgroups(result, truth, owners, {"site": ["A"] * 300}) == []


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("error", [0.0, 1.5])
def test_a_group_whose_cases_are_off_alike_is_not_tested_and_comes_before_thin_ones_only(figure, error):
    result, truth, owners, facts = ward(3)
    alike = owners.patient_of_case < 13  # 26 cases, enough to be tested
    result = np.where(alike, truth + error, result)
    facts = {
        "site": facts["site"],
        "kind": np.where(alike, "alike", np.where(owners.patient_of_case < 15, "few", "usual")).tolist(),
    }
    output = regression_subgroups(result, truth, owners, facts, figure=figure, pairs=False, resamples=50)
    group = output[-2]
    assert (group.facts, group.thin, output[-1].thin) == ((("kind", "alike"),), False, True)
    assert (group.p, group.adjusted_p) == (None, None)
    assert (group.figure.value, group.figure.ci_low, group.figure.ci_high) == (pytest.approx(error), None, None)
    assert group.figure.note == "No interval: all resamples of the patients give the same value."
    assert group.rest.ci_low < group.rest.value < group.rest.ci_high
    assert group.gap.value == pytest.approx(group.figure.value - group.rest.value)
    assert (group.gap.ci_low, group.gap.note) == (None, ONE_SIDED)
    assert all(one.p is not None for one in output[:-2])


@pytest.mark.parametrize("figure", FIGURES)
def test_all_others_that_are_off_alike_are_no_known_rest(figure):
    report, truth, owners, facts = ward(3)
    ours = np.asarray(facts["site"]) == "B"
    result = regression_subgroups(
        np.where(ours, report, truth), truth, owners, {"mine": ours.astype(str).tolist()}, figure=figure
    )
    assert {one.p for one in result} == {None}
    assert {one.gap.note for one in result} == {ONE_SIDED}
    first = next(one for one in result if one.facts == (("mine", "True"),))
    assert (first.figure.ci_low is not None, first.rest.ci_low) == (True, None)
