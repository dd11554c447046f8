"""A stack has one window of the rescaled values of all its slices."""

from dataclasses import replace

from core.imaging.pixel_format import PixelFormat
from core.imaging.stacks import StackWindow, stack_window

PLAIN = PixelFormat(4, 4, 1, 1, "uint16", 16, "MONOCHROME2", 1.0, 0.0, 0.0, 500.0, 250.0, 500.0, "LINEAR_EXACT")


def test_a_window_on_which_all_slices_agree_is_that_of_the_stack():
    lung = replace(PLAIN, window_center=-600.0, window_width=1200.0, voi_function="LINEAR")
    assert stack_window([lung, replace(lung, high=3000.0)]) == StackWindow(-600.0, 1200.0, "LINEAR")


def test_a_slice_that_brings_no_window_follows_the_others():
    lung = replace(PLAIN, window_center=-600.0, window_width=1200.0, voi_function="LINEAR")
    assert stack_window([PLAIN]) == StackWindow(250.0, 500.0)
    air = replace(PLAIN, low=-1000.0, high=-960.0, window_center=-980.0, window_width=40.0)
    assert stack_window([air, lung, lung]) == StackWindow(-600.0, 1200.0, "LINEAR")
    assert stack_window([air, lung]) == StackWindow(-250.0, 1500.0)


def test_else_it_spans_the_values_of_all_slices():
    hot = replace(PLAIN, slope=2.0, high=60_000.0, window_center=30_000.0, window_width=60_000.0)
    assert stack_window([PLAIN, hot, PLAIN]) == StackWindow(30_000.0, 60_000.0)
    partly = replace(PLAIN, window_center=40.0, window_width=80.0, voi_function="LINEAR")
    assert stack_window([partly, hot]) == StackWindow(30_000.0, 60_000.0)
    assert stack_window([replace(PLAIN, low=7.0, high=7.0), replace(PLAIN, low=7.0, high=7.0, window_center=1.0)]) == (
        StackWindow(7.0, 1.0)
    )


def test_colour_has_no_window_and_keeps_its_format():
    colour = replace(PLAIN, channels=3)
    assert stack_window([colour]) is None
    assert StackWindow(1.0, 2.0).applied_to(colour) is colour
    assert StackWindow(1.0, 2.0).applied_to(PLAIN).window_width == 2.0
