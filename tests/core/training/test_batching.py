"""Order, size and reading ahead of batches."""

import numpy as np
import pytest

from core.training.batching import Fetcher, epoch_order, split_batches
from core.training.pixel_cache import PixelCache


def test_the_order_is_a_function_of_seed_and_epoch():
    rows = np.arange(100)
    assert np.array_equal(epoch_order(rows, seed=1, epoch=2), epoch_order(rows, seed=1, epoch=2))
    assert not np.array_equal(epoch_order(rows, seed=1, epoch=2), epoch_order(rows, seed=1, epoch=3))
    assert not np.array_equal(epoch_order(rows, seed=1, epoch=2), epoch_order(rows, seed=2, epoch=2))
    assert sorted(epoch_order(rows, seed=1, epoch=2)) == rows.tolist()


def test_a_balanced_sampler_draws_by_chances_and_again_the_same():
    rows, chances = np.arange(100), np.where(np.arange(100) < 90, 0.5 / 90, 0.5 / 10)
    drawn = np.concatenate([epoch_order(rows, seed=1, epoch=epoch, sampling_weights=chances) for epoch in range(50)])
    assert (drawn >= 90).mean() == pytest.approx(0.5, abs=0.03)
    assert np.array_equal(drawn[:100], epoch_order(rows, seed=1, epoch=0, sampling_weights=chances))


def test_no_batch_holds_one_image():
    assert [len(one) for one in split_batches(np.arange(9), 4)] == [4, 5]
    assert [len(one) for one in split_batches(np.arange(10), 4)] == [4, 4, 2]
    assert [len(one) for one in split_batches(np.arange(8), 4)] == [4, 4]
    assert [len(one) for one in split_batches(np.arange(3), 4)] == [3]


def test_every_batch_comes_once_in_order():
    pixels = np.arange(10, dtype=np.uint16)[:, None, None, None]
    fetcher = Fetcher(PixelCache(pixels, np.arange(11), several=False, hash="").read)
    result = [batch.pixels.ravel().tolist() for batch in fetcher.fetch(split_batches(np.arange(10)[::-1], 4))]
    assert result == [[9, 8, 7, 6], [5, 4, 3, 2], [1, 0]]
    assert list(fetcher.fetch([])) == []
