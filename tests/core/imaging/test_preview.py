"""A preview: stored values, each from the middle of the block it stands for."""

from dataclasses import replace

import numpy as np
import pytest

from core.imaging.preview import EDGE, decimate, is_large, preview_step
from core.imaging.voi_lut import format_of_unsigned

SMALL = format_of_unsigned(np.zeros((1, 4, 4), np.uint16), bits=16, decoder="none")[1]


@pytest.mark.parametrize(
    ("rows", "columns", "step", "large"),
    [
        (3000, 2500, 3, True),
        (2048, 64, 2, True),
        (1024, 1024, 1, False),
        (1025, 8, 2, False),
        (1536, 1536, 2, False),
        (1537, 8, 2, True),
        (9000, 9000, 9, True),
    ],
)
def test_the_longer_edge_of_a_preview_is_at_most_1024(rows: int, columns: int, step: int, large: bool):
    format = replace(SMALL, rows=rows, columns=columns)
    assert (preview_step(format), is_large(format)) == (step, large)
    assert max(decimate(np.zeros((rows, columns, 1), np.uint8), step).shape) <= EDGE


@pytest.mark.parametrize(("rows", "columns", "step"), [(9, 6, 3), (10, 8, 3), (7, 5, 2), (5, 5, 1), (4, 9, 4)])
def test_every_sample_is_the_middle_one_of_its_block(rows: int, columns: int, step: int):
    frame = np.arange(rows * columns * 3, dtype=np.uint16).reshape(rows, columns, 3)
    small = decimate(frame, step)
    assert small.shape == (-(-rows // step), -(-columns // step), 3)
    assert small.flags.c_contiguous
    for row in range(small.shape[0]):
        for column in range(small.shape[1]):
            middle = min(row * step + step // 2, rows - 1), min(column * step + step // 2, columns - 1)
            assert (small[row, column] == frame[middle]).all()
