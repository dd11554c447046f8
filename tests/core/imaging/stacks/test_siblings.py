"""Beside a stack lie those of its places that differ in echo, b-value, phase or time, in order and by name."""

from dataclasses import replace
from typing import Any

import pytest

from core.imaging.stacks import SliceAttributes, siblings
from tests.core.imaging.stacks.series import SAGITTAL, volume

Stacks = list[list[SliceAttributes]]


def beside(stacks: Stacks, shown: int = 0, *, one_series: bool = True) -> list[tuple[int, str]]:
    return [(one.index, one.title) for one in siblings(stacks, shown, one_series=one_series)]


def each(**names: list[Any]) -> Stacks:
    """One stack for each value of the attributes."""
    count = len(next(iter(names.values())))
    return [volume(**{name: by[at] for name, by in names.items()}) for at in range(count)]


@pytest.mark.parametrize(
    ("stacks", "expected"),
    [
        (
            each(echo=[3, 1, 2], echo_ms=[90.0, 30.0, 60.0]),
            [(1, "Echo 1 · TE 30 ms"), (2, "Echo 2 · TE 60 ms"), (0, "Echo 3 · TE 90 ms")],
        ),
        (each(echo_ms=[4.76, 2.38]), [(1, "TE 2.38 ms"), (0, "TE 4.76 ms")]),
        (each(echo=[1, 2]), [(0, "Echo 1"), (1, "Echo 2")]),
        (each(b_value=[1000.0, 0.0, 50.0]), [(1, "b 0"), (2, "b 50"), (0, "b 1000")]),
        (each(b_value=[None, 800.0]), [(1, "b 800"), (0, "b not given")]),
        (
            each(temporal_position=[3, 1, 2], trigger_ms=[480.0, 0.0, 240.0]),
            [(1, "Phase 1 · 0 ms"), (2, "Phase 2 · 240 ms"), (0, "Phase 3 · 480 ms")],
        ),
        (each(trigger_ms=[240.0, 0.0]), [(1, "Phase 1 · 0 ms"), (0, "Phase 2 · 240 ms")]),
        (each(cardiac_phase=[30.0, 70.0]), [(0, "Phase 1 · 30 % of R–R"), (1, "Phase 2 · 70 % of R–R")]),
        (
            each(acquisition=[5, 4], acquired_s=[36035.0, 36000.0]),
            [(1, "Acquisition 4 · +0 s"), (0, "Acquisition 5 · +35 s")],
        ),
        (each(acquired_s=[36000.0, 36600.0]), [(0, "Phase 1 · +0 s"), (1, "Phase 2 · +10 min")]),
        (
            each(echo_ms=[30.0, 60.0, 30.0, 60.0], temporal_position=[2, 2, 1, 1]),
            [
                (2, "TE 30 ms · Phase 1"),
                (0, "TE 30 ms · Phase 2"),
                (3, "TE 60 ms · Phase 1"),
                (1, "TE 60 ms · Phase 2"),
            ],
        ),
        ([volume(first=7), volume(first=1)], [(1, "Phase 1"), (0, "Phase 2")]),
        (each(b_value=[0.0, 800.0, 800.0]), [(0, "b 0"), (1, "b 800 (1)"), (2, "b 800 (2)")]),
    ],
)
def test_siblings_stand_in_their_order_and_are_named_by_what_differs(stacks: Stacks, expected: list[tuple[int, str]]):
    assert beside(stacks) == expected


def test_a_phase_whose_slices_have_several_trigger_times_names_their_range():
    early, late = (
        [replace(one, trigger_ms=start + 4.0 * at) for at, one in enumerate(volume(3))] for start in (0, 240)
    )
    assert beside([early, late]) == [(0, "Phase 1 · 0–8 ms"), (1, "Phase 2 · 240–248 ms")]


FAR = {"place": (-8.0, -8.0, 400.0)}


@pytest.mark.parametrize(
    "other",
    [
        {"orientation": SAGITTAL},
        {"image_type": ("ORIGINAL", "PRIMARY", "P")},
        {"image_type": ("DERIVED", "PRIMARY", "ADC")},
        {"place": (80.0, -8.0, 0.0)},  # the other knee
        {"place": None},
        {"frames": 8},
        {"modality": "CT"},
        FAR,
    ],
)
def test_what_shows_other_places_or_another_kind_is_no_sibling(other: dict[str, Any]):
    first = volume(echo_ms=30.0, image_type=("ORIGINAL", "PRIMARY", "M"))
    second = [replace(one, echo_ms=60.0) for one in first]
    assert len(beside([first, second])) == 2
    assert beside([first, [replace(one, **other) for one in second]]) == []


def test_stacks_that_share_only_some_places_are_siblings():
    lower, upper = volume(6, echo_ms=30.0), [replace(one, echo_ms=60.0) for one in volume(12)[4:]]
    assert len(beside([lower, upper])) == 2


def test_in_phase_and_opposed_phase_are_two_echoes():
    names = [("ORIGINAL", "PRIMARY", "M", "OPP_PHASE"), ("ORIGINAL", "PRIMARY", "M", "IN_PHASE")]
    assert beside(each(echo_ms=[2.3, 4.6], image_type=names)) == [(0, "TE 2.3 ms"), (1, "TE 4.6 ms")]


def test_another_series_must_say_in_what_it_differs():
    timed = [replace(one, acquired_s=float(at)) for at, one in enumerate(volume(6, acquisition=2))]
    thinner = [replace(one, acquired_s=0.5 + at / 2) for at, one in enumerate(volume(10, 2.5, acquisition=2))]
    later = [replace(one, acquired_s=at + 60.0) for at, one in enumerate(volume(6, acquisition=2))]
    assert beside([timed, thinner], one_series=False) == []
    assert beside([timed, thinner, later], one_series=False) == [(0, "Phase 1 · +0 s"), (2, "Phase 2 · +60 s")]
    assert beside([volume(), volume(echo_ms=30.0)], one_series=False) == []
    assert beside([volume(), volume()], one_series=False) == []
