"""A shared patient is found and named."""

import pytest

from core.curation.leakage import assert_no_leakage, shared_patients
from core.curation.records import AssignedCase
from core.errors import LeakingSplit


def both(*patients):
    return [AssignedCase(2 * i + j, p, 0, s) for i, p in enumerate(patients) for j, s in enumerate(("test", "train"))]


def test_a_patient_with_many_images_in_one_split_is_not_shared():
    clean = [AssignedCase(1, "A", 0, "train"), AssignedCase(2, "A", 1, "train"), AssignedCase(3, "B", 0, "test")]
    assert shared_patients(clean) == []
    assert_no_leakage(clean)


def test_shared_patients_are_sorted():
    assert shared_patients([*both("B", "A"), AssignedCase(9, "C", 0, "val")]) == ["A", "B"]


def test_the_sentence_names_the_patient_the_splits_and_the_way_out():
    with pytest.raises(LeakingSplit, match=r"1 patient is .*: A \(train and test\); assign all images of a patient"):
        assert_no_leakage(both("A"))


def test_a_person_of_two_patients_in_two_splits_is_a_leak():
    placed = [AssignedCase(1, "A", 0, "train"), AssignedCase(2, "B", 0, "test", person="A")]
    with pytest.raises(LeakingSplit, match=r"1 patient is .*: A \(train and test\)"):
        assert_no_leakage(placed)


def test_many_are_counted_and_the_first_named():
    with pytest.raises(LeakingSplit, match=r"7 patients are .*A .*E \(train and test\) and 2 more;"):
        assert_no_leakage(both(*"ABCDEFG"))
