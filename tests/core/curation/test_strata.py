"""What patients bring is counted per class and per value."""

import numpy as np

from core.curation.records import LabelledCase
from core.curation.strata import build_strata

ROWS = [
    LabelledCase(1, "B", 0, {"site": "x"}),
    LabelledCase(2, "A", 1, {"site": "x"}),
    LabelledCase(3, "A", 0, {}),
    LabelledCase(4, "A", 0, {"site": "x"}),
]


def test_patients_are_sorted_and_own_their_cases():
    table = build_strata(ROWS, classes=2, stratify=())
    assert table.names == ["A", "B"]
    assert table.owner.tolist() == [1, 0, 0, 0]
    assert table.holds.tolist() == [[True, True, True], [True, True, False]]


def test_shares_are_of_images_then_of_patients():
    table = build_strata(ROWS, classes=2, stratify=())
    all_images, all_patients, images_0, images_1, patients_0, patients_1 = table.shares[0]
    assert (all_images, all_patients) == (0.75, 0.5)
    assert (images_0, images_1, patients_0, patients_1) == (2 / 3, 1, 0.5, 1)


def test_a_missing_value_is_a_stratum_of_its_own():
    table = build_strata(ROWS, classes=2, stratify=("site",))
    np.testing.assert_allclose(table.shares.sum(axis=0), 1)
    assert table.shares.shape[1] == 2 + 4 + 4 + 6  # all, classes, sites ("" and x), the three site × class there are
