"""Types of patients learned from pictures and labels: what is planted is found again."""

import numpy as np
import pytest

from core.curation.latent_classes import LatentClassModel


def cohort(chance, *, patients=600, wrong=0.08, result=1.5):
    """Half the patients healthy throughout, a third ill throughout, the others either by chance; four cases each."""
    kind = chance.choice(3, patients, p=[0.5, 0.3, 0.2])
    owner = np.repeat(np.arange(patients), 4)
    truth = (chance.random(len(owner)) < np.array([0.02, 0.98, 0.5])[kind[owner]]).astype(np.intp)
    labels = np.where(chance.random(len(owner)) < wrong, 1 - truth, truth)
    logit = np.where(truth == 1, result, -result) + chance.normal(0, np.sqrt(2 * result), len(owner))
    likely = np.column_stack([np.ones(len(owner)), np.exp(logit)])
    return likely, labels, owner, truth


def test_planted_types_and_errors_are_found_again():
    likely, labels, owner, _ = cohort(np.random.default_rng(0))
    result = LatentClassModel.fit(likely, labels, owner)
    assert result.wrong == pytest.approx((labels != cohort(np.random.default_rng(0))[3]).mean(), abs=0.015)
    assert result.shares == pytest.approx([0.5, 0.3, 0.2], abs=0.06)
    assert result.classes[:, 1] == pytest.approx([0.02, 0.98, 0.5], abs=0.06)


def test_by_hand_of_one_patient():
    """Two types in equal parts; three cases, of which the pictures say nothing; the last label stands alone."""
    types = LatentClassModel(np.array([0.5, 0.5]), np.array([[0.9, 0.1], [0.2, 0.8]]), 0.1)
    result, labels, owner = np.ones((3, 2)), np.array([1, 1, 0]), np.zeros(3, np.intp)
    of_one = np.array([0.9 * 0.1 + 0.1 * 0.9, 0.2 * 0.1 + 0.8 * 0.9])  # a label 1, by type
    kind = of_one**2 / (of_one**2).sum()
    others = kind @ types.classes
    seen = others * [0.9, 0.1]
    assert types.class_posterior(result, labels, owner)[2] == pytest.approx(seen / seen.sum(), abs=1e-12)


def test_cases_of_patients_seen_once_are_judged_by_their_pictures():
    likely, labels, _, truth = cohort(np.random.default_rng(1))
    alone = np.arange(len(labels))
    result = LatentClassModel.fit(likely, labels, alone)
    judged = result.class_posterior(likely, labels, alone)
    odds = np.log(judged[:, 1] / judged[:, 0]) - np.log(likely[:, 1])
    for label in (0, 1):
        assert np.ptp(odds[labels == label]) < 1e-9
    assert ((judged.argmax(axis=1) == truth).mean()) > ((likely.argmax(axis=1) == truth).mean())


def test_more_of_a_patient_is_no_more_than_the_machine_can_hold():
    """Five thousand pictures of one patient, all of one class: nothing overflows."""
    likely = np.tile([1.0, 50.0], (5000, 1))
    result = LatentClassModel.fit(likely, np.ones(5000, np.intp), np.zeros(5000, np.intp))
    assert np.isfinite(result.class_posterior(likely, np.ones(5000, np.intp), np.zeros(5000, np.intp))).all()
