"""Groups against the rest: the same numbers as of the cases apart, the planted one first, corrected for many looks."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm
from sklearn import metrics as sk

from core.errors import InvalidInput
from core.evaluation.binary_metrics import metrics_at_threshold
from core.evaluation.binary_scores import BinaryScores
from core.evaluation.bootstrap import resample_counts, weighted_auroc
from core.evaluation.confidence_intervals import wilson
from core.evaluation.grouped_auroc import aurocs
from core.evaluation.metadata_binning import age_bin, bin_metadata
from core.evaluation.metrics import METRICS, RATIOS
from core.evaluation.slices import MOST_VALUES, partitions
from core.evaluation.subgroup_gap import holm
from core.evaluation.subgroups import FIGURES, subgroups


def hospital(seed=0, *, n=600, patients=240, ties=False, failing=("site", "B")):
    """Cases of patients of three sites, two sexes and two views; the model fails where `failing` says."""
    rng = np.random.default_rng(seed)
    owner = rng.integers(patients, size=n)
    facts = {
        "site": rng.choice(list("ABC"), size=patients)[owner],
        "sex": rng.choice(["F", "M"], size=patients)[owner],
        "view": rng.choice(["PA", "AP"], size=n),
    }
    truth = rng.random(n) < 0.4
    works = facts[failing[0]] != failing[1]
    scores = 1 / (1 + np.exp(-(rng.normal(size=n) + 2 * truth * works - 0.5)))
    run = BinaryScores.of(np.arange(n), scores.round(1) if ties else scores, truth, owner, name="ill")
    return run, {name: values.tolist() for name, values in facts.items()}


def masks(facts, group):
    return np.all([np.asarray(facts[name]) == value for name, value in group.facts], axis=0)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("figure", FIGURES)
def test_a_group_s_figure_is_that_of_its_cases_alone_and_the_rest_s_of_all_others(figure, ties):
    run, facts = hospital(ties=ties)
    for group in subgroups(run, 0.5, facts, figure=figure, resamples=20):
        ours = masks(facts, group)
        assert (group.cases, group.events) == (ours.sum(), run.truth[ours].sum())
        assert group.patients == len(set(run.owner[ours].tolist()))
        for side, result in ((ours, group.figure), (~ours, group.rest)):
            part = run.subset(side)
            plain = (
                sk.roc_auc_score(part.truth, part.scores)
                if figure == "auroc"
                else metrics_at_threshold(part, 0.5, resamples=2)[figure].value
            )
            assert result.value == pytest.approx(plain, abs=1e-9)
            assert result.ci_low < result.value < result.ci_high
        assert group.gap.value == pytest.approx(group.figure.value - group.rest.value, abs=1e-12)
        assert group.gap.ci_low < group.gap.value < group.gap.ci_high


@pytest.mark.parametrize("ties", [False, True])
def test_one_pass_over_all_groups_gives_what_each_group_gives_alone(ties):
    run, facts = hospital(1, ties=ties)
    single = partitions(facts, 600)
    result = aurocs(run.scores, run.truth, run.owner, single, patients=len(run.patients), resamples=6, seed=4)
    counts = next(resample_counts(len(run.patients), resamples=6, seed=4))
    for partition, output in zip(single, result, strict=True):
        for g in range(len(partition.facts)):
            for side, values in ((partition.group == g, output.group[g]), (partition.group != g, output.rest[g])):
                alone = weighted_auroc(run.scores[side], run.truth[side], run.owner[side])
                np.testing.assert_allclose(values[1:], alone(counts), atol=1e-12)


@pytest.mark.parametrize("figure", ["auroc", "sensitivity", "accuracy"])
@pytest.mark.parametrize("failing", [("site", "B"), ("view", "AP"), ("sex", "M")])
def test_the_failing_group_comes_first_and_stays_so_after_correction(figure, failing):
    result = subgroups(*reversed_arguments(hospital(2, failing=failing)), figure=figure, resamples=100)
    assert result[0].facts == (failing,)
    assert result[0].gap.ci_high < 0
    assert result[0].p < result[0].adjusted_p < 0.01


def test_of_a_metric_where_lower_is_better_the_highest_group_comes_first(monkeypatch):
    monkeypatch.setitem(RATIOS, "sensitivity", replace(RATIOS["sensitivity"], numerator=("fn",)))  # the miss rate
    monkeypatch.setitem(METRICS, "sensitivity", replace(METRICS["sensitivity"], higher_is_better=False))
    result = subgroups(*reversed_arguments(hospital(2)), figure="sensitivity", resamples=100)
    assert result[0].facts == (("site", "B"),)
    assert result[0].gap.ci_low > 0
    assert result[0].adjusted_p < 0.01


def reversed_arguments(made):
    return made[0], 0.5, made[1]


def test_where_a_pair_alone_fails_the_pair_comes_first():
    run, facts = hospital(3, n=2000, patients=900, failing=("site", ""))
    both = (np.asarray(facts["site"]) == "C") & (np.asarray(facts["sex"]) == "F")
    run = run.scored_by(np.where(both, np.random.default_rng(0).random(2000), run.scores))
    result = subgroups(run, 0.5, facts, resamples=100)
    assert result[0].facts == (("site", "C"), ("sex", "F"))
    assert len(subgroups(run, 0.5, facts, pairs=False, resamples=20)) == 7


def test_nothing_planted_nothing_found():
    result = subgroups(*reversed_arguments(hospital(4, failing=("site", ""))), resamples=100)
    assert min(one.adjusted_p for one in result) > 0.05


def test_holm_s_correction_is_the_published_one():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_p_and_the_gap_s_interval_never_contradict_each_other():
    for seed in range(6):
        run, facts = hospital(seed, n=200, failing=("site", ""))
        for item in subgroups(run, 0.5, facts, figure="sensitivity", pairs=False, resamples=60):
            assert (item.p < 0.05) == (not item.gap.ci_low <= 0 <= item.gap.ci_high)


def test_of_independent_cases_the_gap_is_newcombe_s():
    rng = np.random.default_rng(5)
    site, truth = np.array(["A"] * 60 + ["B"] * 100), np.ones(160, dtype=bool)
    scores = np.where(rng.random(160) < np.where(site == "A", 0.7, 0.9), 0.8, 0.2)
    result = subgroups(
        BinaryScores.of(range(160), scores, truth, range(160), name="ill"),
        0.5,
        {"site": site.tolist()},
        figure="sensitivity",
        resamples=20,
    )[0]
    a, b = (int((scores[site == one] > 0.5).sum()) for one in "AB")
    (l1, u1), (l2, u2) = wilson(a, 60), wilson(b, 100)
    gap = a / 60 - b / 100
    low, high = gap - math.hypot(a / 60 - l1, u2 - b / 100), gap + math.hypot(u1 - a / 60, b / 100 - l2)
    assert (result.facts, result.gap.ci_low, result.gap.ci_high) == (
        (("site", "A"),),
        pytest.approx(low),
        pytest.approx(high),
    )
    errors = gap / ((high - gap) / norm.ppf(0.975))
    assert result.p == pytest.approx(2 * norm.sf(abs(errors)), abs=1e-9)


def test_where_patients_are_in_both_groups_the_gap_takes_their_correlation():
    rng = np.random.default_rng(6)
    owner, view = np.repeat(np.arange(80), 2), np.tile(["PA", "AP"], 80)
    shared = rng.random(80) < 0.7
    scores = np.where(np.where(rng.random(160) < 0.9, shared[owner], ~shared[owner]), 0.8, 0.2)
    run = BinaryScores.of(range(160), scores, np.ones(160, dtype=bool), owner, name="ill")
    result = subgroups(run, 0.5, {"view": view.tolist()}, figure="sensitivity", resamples=64)[0]
    draws = []
    for draw in next(resample_counts(80, resamples=64, seed=0)).T:
        weight, called = draw[run.owner], scores > 0.5
        draws.append([np.average(called[view == one], weights=weight[view == one]) for one in ("PA", "AP")])
    together = np.corrcoef(np.transpose(draws))[0, 1]
    item, other = result.figure, result.rest
    down, up = (
        (item.value - item.ci_low, other.ci_high - other.value),
        (item.ci_high - item.value, other.value - other.ci_low),
    )
    low, high = (math.sqrt(a**2 + b**2 - 2 * together * a * b) for a, b in (down, up))
    assert together > 0.5
    assert (result.gap.ci_low, result.gap.ci_high) == pytest.approx(
        (result.gap.value - low, result.gap.value + high), abs=1e-9
    )


def test_a_group_that_is_never_found_has_an_honest_gap():
    truth = np.ones(60, dtype=bool)
    site = np.array(["A"] * 20 + ["B"] * 40)
    run = BinaryScores.of(range(60), np.where(site == "A", 0.1, 0.9), truth, range(60), name="ill")
    result = subgroups(run, 0.5, {"site": site.tolist()}, figure="sensitivity", resamples=20)[0]
    assert (result.figure.value, result.gap.value) == (0, -1)
    assert -1 <= result.gap.ci_low < result.gap.ci_high < -0.5
    assert result.gap.ci_high - result.gap.value > 0.1


def test_thin_groups_come_last_untested_and_never_as_bare_numbers():
    run, facts = hospital(6)
    rare = np.array(["common"] * 600, dtype=object)
    rare[np.flatnonzero(~run.truth)[:30]] = "healthy"
    rare[run.owner == run.owner[0]] = "one patient"
    result = subgroups(run, 0.5, {**facts, "tag": rare.tolist()}, resamples=50)
    thin = [one for one in result if one.thin]
    assert [one.facts for one in thin] == [one.facts for one in result[-len(thin) :]]
    assert {one.facts for one in thin} == {(("tag", "one patient"),), (("tag", "healthy"),)}
    for item in thin:
        assert (item.p, item.adjusted_p) == (None, None)
        assert item.figure.value is None or item.figure.ci_low is not None
        assert item.figure.value is not None or item.figure.note
    healthy = next(one for one in thin if one.facts == (("tag", "healthy"),))
    assert "no case is ill" in healthy.figure.note
    assert healthy.gap.value is None


def test_pairs_that_narrow_nothing_or_are_unknown_are_left_out():
    run, facts = hospital(7)
    devices = [f"{one}-1" for one in facts["site"]]
    nested = {"site": facts["site"], "device": devices, "sex": ["unknown"] * 300 + ["F"] * 300}
    result = subgroups(run, 0.5, nested, resamples=20)
    paired = [dict(one.facts) for one in result if len(one.facts) == 2]
    assert not any({"site", "device"} == set(one) for one in paired)
    assert {one["sex"] for one in paired if "sex" in one} == {"F"}
    assert (("sex", "unknown"),) in {one.facts for one in result}


def test_a_fact_of_many_values_keeps_the_frequent_ones_and_says_how_many_are_together():
    rng = np.random.default_rng(8)
    values = [f"{one}×{one}" for one in rng.integers(100, size=600)]
    single = partitions({"size": values}, 600)[0]
    assert len(single.facts) == MOST_VALUES
    assert (("size", f"other values ({len(set(values)) - MOST_VALUES + 1})"),) in single.facts
    assert single.sizes(np.ones(600, dtype=bool)).sum() == 600


def test_no_facts_and_facts_of_one_value_have_no_groups():
    run, _ = hospital(8)
    assert subgroups(run, 0.5, {}) == []
    assert subgroups(run, 0.5, {"modality": ["DX"] * 600}) == []


def test_one_class_is_undefined_in_every_group():
    run, facts = hospital(9)
    well = run.subset(~run.truth)
    remaining = {name: np.asarray(values)[~run.truth].tolist() for name, values in facts.items()}
    result = subgroups(well, 0.5, remaining, resamples=20)
    assert {one.figure.note for one in result} == {"Undefined: no case is ill."}
    assert all(one.p is None and one.thin for one in result)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"figure": "brier"}, "Unknown metric 'brier' for subgroups; choose one of auroc"),
        ({"facts": {"site": ["A"]}}, "The column 'site' has 1 values for 600 cases"),
    ],
)
def test_what_does_not_fit_is_refused(change, sentence):
    run, facts = hospital()
    with pytest.raises(InvalidInput, match=sentence):
        subgroups(**({"scored": run, "threshold": 0.5, "facts": facts} | change))
    with pytest.raises(InvalidInput, match="No cases to divide"):
        subgroups(BinaryScores.of([], [], [], [], name="ill"), 0.5, {})


@pytest.mark.parametrize(
    ("age", "band"),
    [
        ("57", "55–69"),
        ("054Y", "40–54"),
        ("018M", "0–17"),
        ("216M", "18–39"),
        ("006W", "0–17"),
        ("003D", "0–17"),
        ("17", "0–17"),
        ("18", "18–39"),
        ("80Y", "70 and older"),
        ("70", "70 and older"),
        ("54.5", "40–54"),
        (" 60 ", "55–69"),
        ("", "unknown"),
        ("unknown", "unknown"),
        ("-3", "unknown"),
        ("200", "unknown"),
        ("57X", "unknown"),
        ("nan", "unknown"),
    ],
)
def test_ages_have_bands(age, band):
    assert age_bin(age) == band
    assert bin_metadata({"age": [age], "image": [age]}) == {"age": [band], "image": [age]}
