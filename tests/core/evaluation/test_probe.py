"""The shortcut probe: what features hold is found, what they do not is not, and only what pays raises the alarm."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from core.evaluation import probe as probing
from core.evaluation.association import cramers_v
from core.evaluation.probe import alarms_first, probe


@pytest.fixture(scope="module")
def cohort():
    """120 patients of two cases: features hold the marker, and it goes with the label; the site does neither."""
    chance = np.random.default_rng(0)
    patients = [f"p{one // 2}" for one in range(240)]
    marker = (chance.random(120) < 0.4)[np.arange(240) // 2]
    label = np.where(chance.random(240) < 0.85, marker, ~marker).astype(int)
    features = chance.normal(0, 1, (240, 8))
    features[:, 0] += 2.5 * marker
    return patients, np.where(marker, "seen", "none").tolist(), label, features, chance.normal(0, 1, (240, 8))


def probed(cohort, fact, *, features=None, goes=None):
    patients, _, label, retained, blank = cohort
    goes = goes or cramers_v(fact, label, patients)
    return probe(
        "it", fact, retained if features is None else features, blank, patients, goes, tested=3, label_name="finding"
    )


def test_a_marker_that_is_held_and_pays_raises_the_alarm(cohort):
    result = probed(cohort, cohort[1])
    assert result.alarm
    assert result.auroc > 0.9
    assert result.low < result.auroc < result.high
    assert abs(result.blank - 0.5) < 0.15
    assert result.right > result.chance == pytest.approx(np.mean([one == "none" for one in cohort[1]]))
    assert result.words.endswith("a possible shortcut.")


def test_what_is_held_and_does_not_pay_raises_none(cohort):
    patients, marker, *_ = cohort
    unrelated = cramers_v(marker, np.random.default_rng(5).integers(2, size=240), patients)
    result = probed(cohort, marker, goes=unrelated)
    assert not result.alarm
    assert "but is not associated with finding" in result.words


def test_what_pays_and_is_not_held_raises_none(cohort):
    result = probed(cohort, cohort[1], features=cohort[4])
    assert not result.alarm
    assert "can hardly be predicted" in result.words


def test_a_patient_never_probes_themselves(cohort):
    """Features that only name the patient know nothing of anybody else."""
    patients = cohort[0]
    group = np.eye(120)[[int(one[1:]) for one in patients]]
    site = [("a", "b")[int(one[1:]) % 2] for one in patients]
    assert probed(cohort, site, features=group).auroc < 0.65


def test_several_values_are_each_told_from_the_rest(cohort):
    chance, patients = np.random.default_rng(2), cohort[0]
    device = chance.integers(3, size=120)[[int(one[1:]) for one in patients]]
    features = chance.normal(0, 1, (240, 4)) + 3 * np.eye(4)[device]
    fact = [f"device {one}" for one in device]
    shares = probing._out_of_fold_probabilities(features, fact, patients)
    expected = roc_auc_score(device, shares / shares.sum(axis=1, keepdims=True), multi_class="ovr")
    assert probed(cohort, fact, features=features).auroc == pytest.approx(expected, abs=1e-9)


def test_values_of_few_patients_are_left_out_and_one_value_cannot_be_probed(cohort):
    rare = ["odd" if number < 4 else "usual" for number in range(240)]
    result = probed(cohort, rare)
    assert result.auroc is None
    assert result.values == {"usual": 236, "odd": 4}
    assert "cannot be probed" in result.words
    assert [one.fact for one in alarms_first([result, probed(cohort, cohort[1])])] == ["it", "it"]
    assert alarms_first([result, probed(cohort, cohort[1])])[0].alarm
