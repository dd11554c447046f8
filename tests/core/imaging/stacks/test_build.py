"""A series is cut into stacks only on evidence, and slices are ordered by place, whatever order they come in."""

from dataclasses import replace
from math import cos, radians, sin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.imaging.stacks import SliceAttributes, build_stacks
from tests.core.imaging.stacks.series import AXIAL, CORONAL, SAGITTAL, axial, only, read, titles, volume


def phases(count: int = 3, places: int = 6, **names: list[float]) -> list[SliceAttributes]:
    """Repeated volumes, phase by phase; `names` are the values of an attribute in each phase."""
    return [
        replace(each, instance=float(phase * places + at + 1), **{name: by[phase] for name, by in names.items()})
        for phase in range(count)
        for at, each in enumerate(volume(places))
    ]


def test_an_ordinary_series_is_one_stack_without_a_title():
    stack = only(volume())
    assert (stack.title, stack.spacing_mm, stack.notes) == ("", 5.0, ())
    assert stack.order == tuple(range(6))


@pytest.mark.parametrize(
    "names",
    [
        {"temporal_position": [1, 2, 3]},
        {"trigger_ms": [0.0, 100.0, 200.0]},
        {"cardiac_phase": [10.0, 40.0, 70.0]},
        {"acquired_s": [60.0, 90.0, 120.0]},
        {"acquisition": [4, 5, 6]},
        {},
    ],
)
def test_where_places_repeat_the_phases_are_stacks(names):
    series = phases(**names)
    stacks = read(series)
    assert [[one.instance for one in stack] for stack in stacks] == [
        [float(n) for n in range(first, first + 6)] for first in (1, 7, 13)
    ]
    assert all(each.spacing_mm == 5.0 and each.notes == ("series_cut",) for each in build_stacks(series))


def test_phases_numbered_place_by_place_are_put_together():
    series = [axial(5.0 * z, instance=float(z * 3 + phase + 1)) for z in range(4) for phase in range(3)]
    assert [[one.instance for one in stack] for stack in read(series)] == [
        [p + 1 + 3 * z for z in range(4)] for p in range(3)
    ]


def test_each_slice_may_have_a_trigger_time_of_its_own():
    series = [axial(5.0 * z, trigger_ms=100.0 * phase + z) for z in range(4) for phase in range(3)]
    assert [[one.trigger_ms for one in stack] for stack in read(series)] == [
        [100 * p + z for z in range(4)] for p in range(3)
    ]
    assert [title for title, _ in titles(series)] == ["phase 1 of 3", "phase 2 of 3", "phase 3 of 3"]


def test_a_missing_slice_of_a_phase_leaves_the_phases_apart():
    named = phases(temporal_position=[1, 2, 3])
    del named[8]
    assert titles(named) == [("phase 1 of 3", 6), ("phase 2 of 3", 5), ("phase 3 of 3", 6)]
    unnamed = phases()
    del unnamed[8]
    assert [count for _, count in titles(unnamed)] == [6, 5, 6]


def test_a_cine_at_one_place_stays_whole_in_the_order_of_instances_or_times():
    by_number = [axial(5.0, instance=float(n), trigger_ms=40.0 * n) for n in (3, 1, 4, 2)]
    assert [one.instance for one in read(by_number)[0]] == [1, 2, 3, 4]
    by_time = [axial(5.0, trigger_ms=40.0 * n) for n in (3, 1, 4, 2)]
    assert [one.trigger_ms for one in read(by_time)[0]] == [40, 80, 120, 160]
    assert only(by_time).spacing_mm is None
    assert only(by_time).notes == ()


def test_scouts_and_other_planes_and_sizes_are_apart_after_the_images():
    scout = ("ORIGINAL", "PRIMARY", "LOCALIZER")
    series = [
        axial(0.0, orientation=SAGITTAL, place=(0.0, -8.0, 8.0), image_type=scout),
        *volume(8),
        axial(0.0, orientation=CORONAL, place=(-8.0, 0.0, 8.0), image_type=scout),
    ]
    assert titles(series) == [("", 8), ("scout · sagittal", 1), ("scout · coronal", 1)]
    assert titles([*volume(6), axial(2.0, rows=40, columns=24)]) == [("16 × 16", 6), ("24 × 40", 1)]
    assert titles([*volume(6), *volume(6, spacing=(0.5, 0.5))]) == [("pixels of 0.5 mm", 6), ("pixels of 1 mm", 6)]
    assert titles([*volume(6), *volume(2, image_type=("DERIVED", "SECONDARY"))]) == [("", 6), ("derived", 2)]
    sheet = SliceAttributes(rows=512, columns=512, modality="CT", image_type=("DERIVED", "SECONDARY", "SCREEN SAVE"))
    assert titles([*volume(6), sheet]) == [("", 6), ("screen capture", 1)]


def test_echoes_and_b_values_are_apart():
    echoes = [replace(one, echo=n, echo_ms=12.0 * n) for n in (1, 2) for one in volume(6)]
    assert titles(echoes) == [("echo 1", 6), ("echo 2", 6)]
    only_times = [replace(one, echo_ms=12.0 * n) for n in (1, 2) for one in volume(6)]
    assert titles(only_times) == [("echo time 12 ms", 6), ("echo time 24 ms", 6)]
    diffusion = [replace(one, b_value=b) for b in (0.0, 500.0, 1000.0) for one in volume(6)]
    assert titles(diffusion) == [("b 0", 6), ("b 500", 6), ("b 1000", 6)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("inversion_ms", ["inversion time 100 ms", "inversion time 300 ms"]),
        ("flip_degrees", ["flip angle 100 °", "flip angle 300 °"]),
        ("acquired_s", ["phase 1 of 2", "phase 2 of 2"]),
    ],
)
def test_places_that_repeat_with_other_settings_are_apart_without_a_number(name: str, expected: list[str]):
    series = [axial(5.0 * z, **{name: value}) for z in range(4) for value in (300.0, 100.0)]
    assert titles(series) == [(title, 4) for title in expected]


def test_a_table_that_moves_by_hundredths_of_a_millimetre_comes_back_to_its_place():
    series = [axial(5.0 * z + 0.02 * phase, temporal_position=phase) for z in range(4) for phase in (1, 2)]
    assert titles(series) == [("phase 1 of 2", 4), ("phase 2 of 2", 4)]


def test_fields_beside_each_other_are_apart_but_a_tilted_gantry_is_one_field():
    knees = [replace(one, place=(x, 0.0, 5.0 * at)) for x in (-120.0, 80.0) for at, one in enumerate(volume(6))]
    assert titles(knees) == [("field 1 of 2", 6), ("field 2 of 2", 6)]
    tilted = [
        replace(each, place=(0.0, 0.4 * z, 1.0 * z), temporal_position=phase)
        for phase in (1, 2)
        for z, each in enumerate(volume(12, pitch=1.0))
    ]
    assert titles(tilted) == [("phase 1 of 2", 12), ("phase 2 of 2", 12)]


def test_slices_without_a_position_are_apart_from_those_with_one():
    lost = replace(axial(0.0), place=None)
    assert titles([*volume(6), lost]) == [("axial", 6), ("without position", 1)]


def test_magnitude_and_phase_are_apart():
    kinds = [replace(one, image_type=("ORIGINAL", "PRIMARY", kind)) for kind in "MP" for one in volume(6)]
    assert titles(kinds) == [("M", 6), ("P", 6)]


@pytest.mark.parametrize("name", ["acquisition", "acquired_s", "trigger_ms", "echo_ms", "temporal_position"])
def test_what_differs_where_no_place_repeats_cuts_nothing(name):
    assert len(build_stacks([replace(one, **{name: at}) for at, one in enumerate(volume(12))])) == 1
    assert len(build_stacks([replace(one, **{name: at // 6}) for at, one in enumerate(volume(12))])) == 1


def test_rounding_of_header_values_cuts_nothing():
    noisy = [
        replace(each, orientation=(1.0, 1e-4 * at, 0.0, -1e-4 * at, 1.0, 0.0), spacing=(1.0, 1.0 + 1e-5 * at))
        for at, each in enumerate(volume())
    ]
    assert len(build_stacks(noisy)) == 1


def test_slices_of_one_place_follow_their_instance_number():
    series = [*volume(4), axial(5.0, instance=9.0), axial(5.0, instance=8.0)]
    assert [one.instance for one in read(series)[0]] == [1, 2, 8, 9, 3, 4]


def test_slices_without_geometry_are_in_the_order_of_their_instances():
    plain = [SliceAttributes(rows=8, columns=8, modality="US", instance=float(n)) for n in (2, 10, 1)]
    assert [one.instance for one in read(plain)[0]] == [1, 2, 10]


def test_views_of_a_projection_stay_together():
    views = [SliceAttributes(rows=n, columns=n, modality="MG", instance=float(n)) for n in (9, 7, 8)]
    assert [one.instance for one in read(views)[0]] == [7, 8, 9]


def test_micrometre_slices_are_not_one_place():
    assert only(volume(8, pitch=0.005, spacing=(0.005, 0.005))).spacing_mm == 0.005


def test_what_is_uneven_missing_twice_or_tilted_is_noted():
    whole = volume(9)
    assert only([*whole[:4], *whole[5:]]).notes == ("missing_slice",)
    assert only([*whole[:4], *whole[5:]]).spacing_mm == 5.0
    assert only([*whole[:-1], axial(43.0)]).notes == ("uneven_spacing",)
    assert only([*whole, axial(10.0, instance=30.0)]).notes == ("duplicate_slice",)
    tilted = [replace(one, place=(-8.0, -8.0 + 0.3 * one.place[2], one.place[2])) for one in whole if one.place]
    assert only(tilted).notes == ("tilted_gantry",)
    assert only(volume(9, pitch=-5.0)).notes == ()


@pytest.mark.parametrize(
    ("modality", "notes"), [("CT", ("unplaced_slices",)), ("PT", ("unplaced_slices",)), ("US", ()), ("DX", ())]
)
def test_slices_of_the_body_without_a_position_are_noted(modality: str, notes: tuple[str, ...]):
    slices = volume(4, orientation=None, modality=modality)
    assert only(slices).notes == notes
    assert [one.instance for one in read(slices)[0]] == [1, 2, 3, 4]
    assert only(slices[:1]).notes == ()


def test_one_normal_orders_a_stack_of_slightly_turned_slices():
    turned = [
        replace(each, orientation=(1.0, 0.0, 0.0, 0.0, cos(radians(0.02 * at)), sin(radians(0.02 * at))))
        for at, each in enumerate(volume(12, place=(0.0, 0.0, 0.0)))
    ]
    far = [replace(one, place=(0.0, 400.0, 0.05 * at)) for at, one in enumerate(turned)]
    assert [one.instance for one in read(far)[0]] == list(range(1, 13))


CHOICES = {
    "place": [(0.0, 0.0, 0.0), (0.0, 0.0, 5.0), (0.0, 0.0, 10.0), (0.0, 0.0, 17.0)],
    "orientation": [AXIAL, AXIAL, AXIAL, SAGITTAL, None],
    "rows": [16, 16, 32],
    "instance": [None, 1.0, 2.0, 3.0],
    "echo": [None, 1, 2],
    "b_value": [None, 0.0, 800.0],
    "acquisition": [None, 1, 2],
    "temporal_position": [None, 1, 2],
    "trigger_ms": [None, 0.0, 30.0],
    "acquired_s": [None, 10.0, 20.0],
    "image_type": [(), ("ORIGINAL", "PRIMARY", "M"), ("ORIGINAL", "PRIMARY", "LOCALIZER")],
}


@st.composite
def drawn_series(draw: st.DrawFn) -> list[SliceAttributes]:
    """A series whose slices differ in some attributes only."""
    names = draw(st.sets(st.sampled_from(sorted(CHOICES)), min_size=1))
    slices = st.fixed_dictionaries({name: st.sampled_from(CHOICES[name]) for name in names})
    drawn = draw(st.lists(slices, min_size=1, max_size=14))
    return [axial(0.0, **{**one, "digest": f"{at:02}"}) for at, one in enumerate(drawn)]


@given(series=drawn_series(), random=st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_stacks_do_not_depend_on_the_order_of_files_and_lose_no_slice(series, random):
    shuffled = random.sample(series, len(series))
    assert read(shuffled) == read(series)
    assert [(s.title, s.spacing_mm, s.notes) for s in build_stacks(shuffled)] == [
        (s.title, s.spacing_mm, s.notes) for s in build_stacks(series)
    ]
    assert sorted(at for stack in build_stacks(series) for at in stack.order) == list(range(len(series)))
