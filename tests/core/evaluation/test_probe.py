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
    patients, _, label, held, blank = cohort
    goes = goes or cramers_v(fact, label, patients)
    return probe("it", fact, held if features is None else features, blank, patients, goes, tested=3, called="finding")


def test_a_marker_that_is_held_and_pays_raises_the_alarm(cohort):
    found = probed(cohort, cohort[1])
    assert found.alarm
    assert found.auroc > 0.9
    assert found.low < found.auroc < found.high
    assert abs(found.blank - 0.5) < 0.15
    assert found.right > found.chance == pytest.approx(np.mean([one == "none" for one in cohort[1]]))
    assert found.words.endswith("the model may answer by it.")


def test_what_is_held_and_does_not_pay_raises_none(cohort):
    patients, marker, *_ = cohort
    unrelated = cramers_v(marker, np.random.default_rng(5).integers(2, size=240), patients)
    found = probed(cohort, marker, goes=unrelated)
    assert not found.alarm
    assert "but does not go with finding" in found.words


def test_what_pays_and_is_not_held_raises_none(cohort):
    found = probed(cohort, cohort[1], features=cohort[4])
    assert not found.alarm
    assert "can hardly be told" in found.words


def test_a_patient_never_probes_themselves(cohort):
    """Features that only name the patient know nothing of anybody else."""
    patients = cohort[0]
    own = np.eye(120)[[int(one[1:]) for one in patients]]
    site = [("a", "b")[int(one[1:]) % 2] for one in patients]
    assert probed(cohort, site, features=own).auroc < 0.65


def test_several_values_are_each_told_from_the_rest(cohort):
    chance, patients = np.random.default_rng(2), cohort[0]
    device = chance.integers(3, size=120)[[int(one[1:]) for one in patients]]
    features = chance.normal(0, 1, (240, 4)) + 3 * np.eye(4)[device]
    fact = [f"device {one}" for one in device]
    shares = probing._shares(features, fact, patients)
    expected = roc_auc_score(device, shares / shares.sum(axis=1, keepdims=True), multi_class="ovr")
    assert probed(cohort, fact, features=features).auroc == pytest.approx(expected, abs=1e-9)


def test_values_of_few_patients_are_left_out_and_one_value_cannot_be_probed(cohort):
    rare = ["odd" if number < 4 else "usual" for number in range(240)]
    found = probed(cohort, rare)
    assert found.auroc is None
    assert found.values == {"usual": 236, "odd": 4}
    assert "cannot be told" in found.words
    assert [one.fact for one in alarms_first([found, probed(cohort, cohort[1])])] == ["it", "it"]
    assert alarms_first([found, probed(cohort, cohort[1])])[0].alarm
