"""How many patients a class rests on: known answers by hand."""

import pytest

from core.curation.effective_sample_size import CountedCase, class_balanced, class_supports, effective_patients


def rows(*result):
    return [CountedCase(patient, "train", (shows,), weight, repeats) for patient, shows, weight, repeats in result]


@pytest.mark.parametrize(
    ("result", "count"),
    [
        ([(1, 0, 1, 1), (2, 0, 1, 1), (3, 0, 1, 1)], 3.0),
        ([(1, 0, 1, 1)] * 10, 1.0),  # ten images of one patient
        ([(1, 0, 1, 10)], 1.0),  # one image shown ten times
        ([(1, 0, 1, 1)] * 3 + [(2, 0, 1, 1)], 16 / 10),  # (3 + 1)² / (9 + 1)
        ([(1, 0, 1, 1), (2, 0, 1, 0)], 1.0),  # left out by balancing
        ([], 0.0),
    ],
)
def test_patients_that_count_alike(result, count):
    assert effective_patients(rows(*result)) == pytest.approx(count)


def test_weights_do_not_change_how_many_patients_a_class_rests_on():
    result = rows(*[(patient, 0, 1, 1) for patient in range(30)], *[(patient, 1, 1, 1) for patient in range(30, 36)])
    heavy = class_balanced(result, 2)
    assert [one.effective for one in class_supports(result, 2)] == pytest.approx([30, 6])
    assert [one.effective for one in class_supports(heavy, 2)] == pytest.approx([30, 6])
    assert sum(row.weight for row in heavy if row.shows == (0,)) == pytest.approx(18)
    assert sum(row.weight for row in heavy if row.shows == (1,)) == pytest.approx(18)
    # all together: 36 as they are; balanced (18 + 18)² / (30 · 0.6² + 6 · 3²)
    assert effective_patients(result) == pytest.approx(36)
    assert effective_patients(heavy) == pytest.approx(36**2 / (30 * 0.36 + 6 * 9))


def test_a_patient_of_two_classes_and_of_several_splits():
    result = [
        CountedCase(1, "train", (0, 1)),
        CountedCase(1, "train", (1,)),
        CountedCase(2, "val", (1,)),
        CountedCase(3, "train", ()),
    ]
    first, second = class_supports(result, 2)
    assert (first.images["train"], first.patients["train"]) == (1, 1)
    assert (second.images["train"], second.patients["train"], second.images["val"]) == (2, 1, 1)
