"""What an epoch measures."""

import numpy as np
import pytest

from core.training.validation import macro_auroc


def test_binary_auroc_is_that_of_the_last_class():
    scores = np.array([0.1, 0.4, 0.35, 0.8])
    assert macro_auroc(np.stack([1 - scores, scores], axis=1), np.array([0, 0, 1, 1])) == 0.75


def test_more_classes_are_averaged_each_against_the_rest():
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    probabilities, labels = rng.dirichlet(np.ones(4), 200), rng.integers(4, size=200)
    expected = roc_auc_score(labels, probabilities, multi_class="ovr", average="macro")
    assert macro_auroc(probabilities, labels) == pytest.approx(expected)


def test_one_class_leaves_it_undefined():
    assert macro_auroc(np.array([[0.2, 0.8], [0.5, 0.5]]), np.array([1, 1])) is None
