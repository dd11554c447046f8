"""Scaling and geometry."""

import numpy as np
import torch

from core.explain.methods import gradcam_batch
from core.explain.saliency_map import min_max_scale, resize_to_image


def test_a_map_spans_0_to_1_or_is_empty():
    assert min_max_scale(np.array([[2.0, 4.0], [3.0, 2.0]])).tolist() == [[0.0, 1.0], [0.5, 0.0]]
    assert min_max_scale(np.full((2, 2), 7.0)).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert min_max_scale(np.array([[np.nan, 1.0]])).tolist() == [[0.0, 1.0]]


def test_rounding_is_no_contrast():
    """A map of one position, enlarged, is the same everywhere but for the last bit."""
    values = np.full((4, 4), 0.3, np.float32)
    values[::2] = np.nextafter(values[::2], np.float32(1))
    assert values.max() > values.min()
    assert not min_max_scale(values).any()
    assert not gradcam_batch.min_max_scale(torch.from_numpy(values)[None]).any()
    assert gradcam_batch.min_max_scale(torch.from_numpy(values * [[1], [1], [1], [1.001]])[None]).max() == 1


def test_the_peak_lands_at_the_same_share_of_the_original():
    values = np.zeros((64, 64), np.float32)
    values[16, 48] = 1.0
    resized = resize_to_image(values, 300, 1000)
    assert resized.shape == (300, 1000)
    row, column = np.unravel_index(resized.argmax(), resized.shape)
    assert abs((row + 0.5) / 300 - 16.5 / 64) < 1 / 128
    assert abs((column + 0.5) / 1000 - 48.5 / 64) < 1 / 128
    assert 0.0 <= resized.min() <= resized.max() <= 1.0
