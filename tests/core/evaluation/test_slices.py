"""The fact of a patient is that of all of its cases."""

import numpy as np

from core.evaluation.metadata_binning import MIXED, UNKNOWN
from core.evaluation.slices import patient_values


def test_a_patient_has_what_all_of_its_cases_have_and_unknown_ones_do_not_count():
    values = ["PA", "AP", "PA", UNKNOWN, "PA", UNKNOWN, "AP", "AP"]
    owner = np.array([0, 0, 1, 1, 2, 3, 4, 4])
    assert patient_values(values, owner, 5).tolist() == [MIXED, "PA", "PA", UNKNOWN, "AP"]
    turned = np.random.default_rng(0).permutation(len(values))
    assert patient_values([values[at] for at in turned], owner[turned], 5).tolist() == [
        MIXED,
        "PA",
        "PA",
        UNKNOWN,
        "AP",
    ]


def test_it_is_what_counting_each_patient_gives():
    rng = np.random.default_rng(1)
    values, owner = rng.choice(["a", "b", "c", UNKNOWN], 400, p=[0.6, 0.1, 0.1, 0.2]), rng.integers(0, 120, 400)
    result = patient_values(values.tolist(), owner, 121)
    assert result[120] == UNKNOWN  # a patient without a case
    for patient in range(120):
        ours = set(values[owner == patient].tolist()) - {UNKNOWN}
        assert result[patient] == (MIXED if len(ours) > 1 else next(iter(ours), UNKNOWN))
