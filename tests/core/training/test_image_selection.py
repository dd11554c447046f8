"""Which pictures of a case a model sees."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import NotTrainable
from core.imaging.voi_lut import format_of_unsigned
from core.training.examples import Example, ImageRef
from core.training.image_selection import choose_views, select_images

FORM = format_of_unsigned(np.zeros((1, 4, 4), np.uint8), bits=8, decoder="made")[1]


def case(key, views, *, frames=1):
    form = replace(FORM, frames=frames)
    planes = tuple(ImageRef(Path("p"), at, form, image=str(at), view=view) for at, view in enumerate(views))
    return Example(key, planes, len(planes) // 2, (0.0,), "train", 1.0, 1, key)


def images(examples):
    return [[plane.image for plane in one.images] for one in examples]


def test_one_picture_is_the_main_one():
    shown = select_images([case("1", "abc")], takes="image", slices=16)
    assert images(shown) == [["1"]]
    assert shown[0].picture.image == "1"


def test_a_stack_is_always_as_long_evenly_along_the_series():
    shown = select_images([case("1", "x" * 9), case("2", "xy")], takes="stack", slices=5)
    assert images(shown) == [["0", "2", "4", "6", "8"], ["0", "0", "0", "1", "1"]]


def test_the_frames_of_one_image_are_a_stack():
    (shown,) = select_images([case("1", "x", frames=7)], takes="stack", slices=3)
    assert [plane.frame for plane in shown.images] == [0, 3, 6]


def test_one_picture_is_no_stack():
    with pytest.raises(
        NotTrainable, match="Case 7 has a single image, but this model needs a stack; choose a model of"
    ):
        select_images([case("7", "x")], takes="stack", slices=3)


def test_a_bag_is_as_large_as_it_is_up_to_a_limit():
    assert images(select_images([case("1", "x"), case("2", "x" * 5)], takes="bag", slices=3)) == [
        ["0"],
        ["0", "2", "4"],
    ]


def test_the_two_views_that_most_studies_have():
    cases = [case("1", ["PA", "LL"]), case("2", ["LL", "PA"]), case("3", ["AP", "PA", "LL"])]
    views = choose_views(cases, "")
    assert views == ("LL", "PA")
    assert images(select_images(cases, takes="views", slices=16, views=views)) == [["1", "0"], ["0", "1"], ["2", "1"]]
    assert choose_views(cases, "PA, AP") == ("PA", "AP")


def test_views_that_are_not_there_are_a_sentence():
    cases = [case("1", ["PA", "LL"]), case("2", ["PA"]), case("3", ["PA"])]
    with pytest.raises(NotTrainable, match=r"2 of 3 cases have no image of view 'LL', the first is case 2; exclude"):
        select_images(cases, takes="views", slices=16, views=("LL", "PA"))
    with pytest.raises(NotTrainable, match=r"requested: 'PA, XX', available: LL, PA. Choose two of those"):
        choose_views(cases, "PA,XX")
    with pytest.raises(NotTrainable, match=r"requested: 'PA', available: PA"):
        choose_views(cases[1:], "")
