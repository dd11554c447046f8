"""Suspected labels: confident learning by hand, and what the second look knows better than the picture alone."""

import numpy as np
import pytest

from core.curation import label_errors as suspected
from core.curation.label_errors import calibrate_total, combine_trainings, confident_errors


def cohort(chance, *, patients=200, hidden=0.0):
    """Three cases of a patient who is ill or not; a picture that tells, but of the hidden group nothing."""
    owner = np.repeat(np.arange(patients), 3)
    ill = (chance.random(patients) < 0.4)[owner]
    group = chance.random(len(owner)) < hidden
    logits = np.where(group, -2.0, np.where(ill, 2.0, -2.0)) + chance.normal(0, 1.0, len(owner))
    share = 1 / (1 + np.exp(-logits))
    wrong = chance.random(len(owner)) < 0.05
    return {
        "probabilities": np.column_stack([1 - share, share]),
        "labels": (ill ^ wrong).astype(np.intp),
        "wrong": wrong,
        "patients": [f"p{one}" for one in owner],
        "folds": owner % 5,
        "facts": {"view": ["AP" if one else "PA" for one in group]},
    }


def suspicion(probabilities, labels, patients, folds, facts=None):
    """Of one training, or of several on the same folds."""
    predictions = probabilities.reshape(-1, *probabilities.shape[-2:])
    return suspected.score_label_errors(predictions, labels, patients, np.tile(folds, (len(predictions), 1)), facts)


def recall(order, wrong, share=0.1):
    return wrong[order[: round(share * len(order))]].sum() / wrong.sum()


def test_confident_learning_by_hand():
    probabilities = np.array([[0.9, 0.1], [0.7, 0.3], [0.35, 0.65], [0.2, 0.8], [0.4, 0.6], [0.8, 0.2]])
    labels = np.array([0, 0, 0, 1, 1, 1])
    # thresholds: class 0 (0.9 + 0.7 + 0.35) / 3 = 0.65, class 1 (0.8 + 0.6 + 0.2) / 3 = 0.5333
    assert confident_errors(probabilities, labels).tolist() == [False, False, True, False, False, True]


def test_a_class_that_nobody_was_given_calls_nothing_wrong():
    probabilities = np.array([[0.6, 0.3, 0.1], [0.1, 0.2, 0.7]])
    assert confident_errors(probabilities, np.array([0, 0])).tolist() == [False, False]


def test_planted_errors_come_first():
    item = cohort(np.random.default_rng(1))
    requested = {name: item[name] for name in ("probabilities", "labels", "patients", "folds", "facts")}
    known = suspicion(**requested)
    assert recall(known.order, item["wrong"]) > 0.9
    assert (known.likely != item["labels"]).all()
    assert ((known.wrong >= 0) & (known.wrong <= 1)).all()


def test_a_subgroup_where_the_model_fails_is_not_suspected_by_the_dozen():
    item = cohort(np.random.default_rng(2), hidden=0.25)
    requested = {name: item[name] for name in ("probabilities", "labels", "patients", "folds", "facts")}
    by_picture = np.argsort(item["probabilities"][np.arange(len(item["labels"])), item["labels"]], kind="stable")
    known = suspicion(**requested)
    assert recall(by_picture, item["wrong"]) < 0.7
    assert recall(known.order, item["wrong"]) > 0.85
    hidden = np.array(item["facts"]["view"]) == "AP"
    assert hidden[known.order[:60]].mean() < hidden[by_picture[:60]].mean()


def test_no_case_judges_itself():
    """What is known of a case besides its label is the same whichever it has: only how seldom labels err weighs on it.

    The log-odds of both labels being wrong so sum to the same for all cases of a fold, to the last digits.
    """
    item = cohort(np.random.default_rng(3), patients=60)
    requested = {name: item[name] for name in ("probabilities", "labels", "patients", "folds", "facts")}

    def both(case):
        flipped = item["labels"].copy()
        flipped[case] = 1 - flipped[case]
        wrong = [suspicion(**{**requested, "labels": labels}).wrong[case] for labels in (item["labels"], flipped)]
        return sum(np.log(share / (1 - share)) for share in wrong)

    first, second = (both(case) for case in np.flatnonzero(item["folds"] == 2)[[0, 4]])
    assert first == pytest.approx(second, abs=1e-9)
    assert first < 0


def test_what_is_called_probable_happens_as_often():
    """The probabilities of the cases sum to the labels that are wrong, within what chance leaves."""
    cohorts = [cohort(np.random.default_rng(seed), hidden=0.25) for seed in range(10, 20)]
    requested = ("probabilities", "labels", "patients", "folds", "facts")
    known = np.concatenate([suspicion(**{name: one[name] for name in requested}).wrong for one in cohorts])
    wrong = np.concatenate([one["wrong"] for one in cohorts])
    assert known.sum() == pytest.approx(wrong.sum(), rel=0.2)
    for low, high in ((0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        inside = (known >= low) & (known <= high)
        spread = 3 * np.sqrt((known * (1 - known))[inside].sum())
        assert abs(wrong[inside].sum() - known[inside].sum()) < spread + 0.1 * inside.sum()


def test_folds_that_are_sure_to_different_degrees_are_brought_to_one_scale():
    """Each fold ranks as it did; one that says 0.01 of nearly all suspects no more than its neighbours."""
    item = cohort(np.random.default_rng(5))
    logits = np.log(item["probabilities"][:, 1] / item["probabilities"][:, 0])
    spoilt = np.choose(item["folds"], [logits, 0.2 * logits - 4, 3 * logits + 5, logits + 2, 0.5 * logits])
    share = 1 / (1 + np.exp(-spoilt))
    probabilities = np.column_stack([1 - share, share])
    requested = {name: item[name] for name in ("labels", "patients", "folds", "facts")}
    assert recall(suspicion(probabilities=probabilities, **requested).order, item["wrong"]) > 0.9
    by_picture = calibrate_total(probabilities, item["folds"])
    np.testing.assert_allclose(by_picture.sum(axis=1), 1)
    for fold in range(5):
        inside = item["folds"] == fold
        assert (np.argsort(by_picture[inside, 1]) == np.argsort(share[inside])).all()
    rows = np.arange(len(share))
    before, after = (np.argsort(p[rows, item["labels"]], kind="stable") for p in (probabilities, by_picture))
    assert recall(before, item["wrong"]) < 0.5 < 0.8 < recall(after, item["wrong"])


@pytest.mark.parametrize("ill", [0, 2])
def test_a_finding_that_nobody_has_or_one_patient_is_not_suspected_of_everybody(ill):
    chance = np.random.default_rng(0)
    labels = (np.arange(400) < ill).astype(np.intp)
    share = np.where(labels == 1, chance.beta(2, 5, 400), chance.beta(1, 49, 400))
    owner = np.arange(400) // 2
    known = suspicion(np.column_stack([1 - share, share]), labels, [str(one) for one in owner], owner % 5)
    assert known.wrong.sum() < 1


def test_three_trainings_find_more_than_one_of_them():
    """Each is sure of other cases by chance; together they rank better than the best of them."""
    chance = np.random.default_rng(6)
    truth = chance.integers(2, size=900)
    logits = np.where(truth == 1, 2, -2) + chance.normal(0, 2, (3, 900))
    shares = 1 / (1 + np.exp(-logits))
    report, folds, patients = (
        np.stack([1 - shares, shares], axis=-1),
        np.arange(900) % 5,
        [str(one) for one in range(900)],
    )
    wrong = chance.random(900) < 0.05
    alone, together = (
        [recall(suspicion(probabilities, truth ^ wrong, patients, folds).order, wrong) for probabilities in some]
        for some in (report, [report])
    )
    assert together[0] > max(alone) + 0.05
    np.testing.assert_allclose(combine_trainings(report[:1], folds[None]), calibrate_total(report[0], folds))


def test_a_fold_that_says_the_same_of_everybody_is_only_moved():
    probabilities = np.tile([[0.3, 0.7]], (6, 1))
    assert np.isfinite(calibrate_total(probabilities, np.arange(6) % 2)).all()


def test_several_classes():
    chance = np.random.default_rng(4)
    truth = chance.integers(3, size=400)
    probabilities = chance.dirichlet([1, 1, 1], 400) * 0.3 + 0.7 * np.eye(3)[truth]
    labels = truth.copy()
    labels[:20] = (labels[:20] + 1) % 3
    known = suspicion(probabilities, labels, [str(one) for one in range(400)], np.arange(400) % 4)
    assert recall(known.order, labels != truth) >= 0.9
    assert (known.likely[:20] == truth[:20]).mean() >= 0.9
