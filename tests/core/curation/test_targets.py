"""What stands for a case of several findings, or for a number, when patients are shared out."""

import pytest

from core.curation.records import AssignedCase, LabelledCase
from core.curation.targets import is_learnable, quantile_bin, rarest_finding, summary_of_findings, summary_of_numbers


def test_the_rarest_present_finding_stands_for_a_case():
    targets = [(1, 1, 0), (1, 0, None), (1, 0, 1), (0, 0, 0), (None, None, 0), (0, 1, 0)]
    assert rarest_finding(targets) == [2, 1, 3, 0, 0, 2]


def test_of_equally_rare_findings_the_first_stands():
    assert rarest_finding([(1, 1)]) == [1]
    assert rarest_finding([]) == []


def test_fifths_of_equal_size_where_there_are_enough_cases():
    bins = quantile_bin([float(value) for value in range(100)])
    assert [bins.count(one) for one in sorted(set(bins))] == [20] * 5
    assert bins == sorted(bins)


@pytest.mark.parametrize(("count", "bins"), [(0, 0), (1, 1), (11, 1), (12, 2), (18, 3), (30, 5), (1000, 5)])
def test_fewer_parts_where_there_are_few(count, bins):
    assert len(set(quantile_bin([float(value) for value in range(count)]))) == bins


def test_equal_values_lie_in_one_bin_and_no_bin_is_empty():
    bins = quantile_bin([1.0] * 90 + [2.0] * 10)
    assert sorted(set(bins)) == [0, 1]
    assert bins == [0] * 90 + [1] * 10
    assert set(quantile_bin([7.0] * 50)) == {0}


def placed(case: int, patient: str, split: str, *targets: float | None) -> AssignedCase:
    return AssignedCase(case, patient, 0, split, targets=targets)


def test_findings_are_counted_by_what_is_known():
    rows = [placed(1, "A", "train", 1, None), placed(2, "A", "train", 1, 0), placed(3, "B", "val", 0, 0)]
    result = summary_of_findings(rows, ["mass", "nodule"])
    assert result["train"]["findings"] == {
        "mass": {"present": 2, "absent": 0, "unknown": 0},
        "nodule": {"present": 0, "absent": 1, "unknown": 1},
    }
    assert (result["train"]["images"], result["train"]["patients"]) == (2, 1)
    assert (result["train"]["labels"], result["train"]["patients_by_label"]) == (
        {"mass": 2, "nodule": 0},
        {"mass": 1, "nodule": 0},
    )
    assert result["test"]["findings"]["mass"] == {"present": 0, "absent": 0, "unknown": 0}


def test_numbers_are_told_by_mean_deviation_and_range():
    result = summary_of_numbers([placed(1, "A", "train", 2.0), placed(2, "B", "train", 6.0)])
    assert result["train"]["number"] == {"mean": 4.0, "deviation": 2.0, "low": 2.0, "high": 6.0}
    assert result["val"]["number"] == {"mean": None, "deviation": None, "low": None, "high": None}


@pytest.mark.parametrize(
    ("targets", "can"),
    [
        ([(1, 0), (1, 1)], True),
        ([(1, None), (None, 0)], False),
        ([(3.0,), (3.0,)], False),
        ([(3.0,), (4.0,)], True),
        ([], False),
    ],
)
def test_there_must_be_a_difference_to_learn(targets, can):
    rows = [LabelledCase(at, f"P{at}", 0, {}, targets=one) for at, one in enumerate(targets)]
    assert is_learnable(rows) is can
