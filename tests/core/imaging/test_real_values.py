"""Values come back exactly where 16 bits can hold them, else to within half a step, whatever their type."""

import numpy as np
import pytest

from core.errors import RejectedFile
from core.imaging.real_values import encode_values

INTEGERS = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"]
REALS = ["f2", "f4", "f8"]
SEEDS = range(12)


def decoded(encoded) -> np.ndarray:
    return encoded.samples.astype(np.float64) * encoded.slope + encoded.intercept


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("name", [*INTEGERS, *REALS])
@pytest.mark.parametrize("seed", SEEDS)
def test_whole_numbers_within_16_bits_are_exact(seed: int, name: str, order: str):
    rng = np.random.default_rng(seed)
    dtype = np.dtype(order + name)
    limits = np.iinfo(dtype) if dtype.kind in "iu" else None
    low = int(rng.integers(max(limits.min, -100_000), 1)) if limits else int(rng.integers(-900, 900))
    high = min(low + int(rng.integers(0, 65_536)), limits.max if limits else 2000)
    values = rng.integers(low, high, (2, 5, 6), endpoint=True).astype(dtype)
    encoded = encode_values(values)
    assert np.array_equal(decoded(encoded), values.astype(np.float64))
    assert (encoded.low, encoded.high) == (float(values.min()), float(values.max()))
    assert (encoded.padding, encoded.notes) == (None, ())


@pytest.mark.parametrize("holes", [False, True])
@pytest.mark.parametrize("name", REALS)
@pytest.mark.parametrize("seed", SEEDS)
def test_real_numbers_are_right_to_half_a_step(seed: int, name: str, holes: bool):
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.integers(-3, 4)
    values = (rng.normal(size=(3, 7, 8)) * scale + rng.normal() * scale).astype(name)
    if holes:
        values[rng.random(values.shape) < 0.3] = rng.choice([np.nan, np.inf, -np.inf])
    finite = np.isfinite(values)
    encoded = encode_values(values)
    error = np.abs(decoded(encoded) - values.astype(np.float64))[finite]
    assert error.max() <= encoded.slope * 0.5001 + 1e-12 * scale
    assert np.array_equal(encoded.samples == 0, ~finite) or not holes
    assert encoded.padding == ((0.0, 0.0) if holes else None)


@pytest.mark.parametrize("slope", [0.5, -3.0, 1e-4])
def test_a_scaling_of_the_file_costs_no_exactness(slope: float):
    stored = np.random.default_rng(0).integers(-32768, 32768, (2, 30, 30)).astype(">i2")
    encoded = encode_values(stored, slope=slope, intercept=7.0)
    assert np.allclose(decoded(encoded), stored * slope + 7.0, rtol=0, atol=abs(slope) * 1e-6)
    ends = sorted((stored.min() * slope + 7.0, stored.max() * slope + 7.0))
    assert (encoded.low, encoded.high, encoded.notes) == (*ends, ())


@pytest.mark.parametrize("value", [0, -7, 3.25, 1e30, 1e-40])
def test_one_value_everywhere_is_that_value(value: float):
    encoded = encode_values(np.full((1, 3, 3), value))
    assert np.array_equal(decoded(encoded), np.full((1, 3, 3), value))
    assert encoded.notes == ()


def test_the_whole_range_of_64_bits_is_held_to_half_a_step():
    values = np.array([[[0, 2**64 - 1, 2**63]]], np.uint64)
    encoded = encode_values(values)
    assert np.abs(decoded(encoded) - values.astype(np.float64)).max() <= encoded.slope * 0.501
    signed = np.array([[[-(2**63), 2**63 - 1, 0]]], np.int64)
    encoded = encode_values(signed)
    assert np.abs(decoded(encoded) - signed.astype(np.float64)).max() <= encoded.slope * 0.501
    assert encoded.notes == ("quantised",)


def test_what_cannot_be_held_is_refused():
    for values in (np.full((1, 2, 2), np.nan), np.array([[[-1e308, 1e308]]]), np.array([[[0.0, 1e-44]]])):
        with pytest.raises(RejectedFile):
            encode_values(values)


@pytest.mark.parametrize("holes", [False, True])
@pytest.mark.parametrize("name", ["f4", "f8"])
@pytest.mark.parametrize("step", [0.5, 0.1, 0.01, 1 / 3, 1e-3, 2.5])
def test_values_on_even_steps_are_exact(step: float, name: str, holes: bool):
    counts = np.random.default_rng(0).integers(-1000, 1000, (2, 20, 30))
    values = (counts * step).astype(name)
    if holes:
        values[0, 0, :5] = np.nan
    finite = np.isfinite(values)
    encoded = encode_values(values)
    assert encoded.slope == pytest.approx(step)
    assert np.allclose(decoded(encoded)[finite], values[finite], rtol=2e-7, atol=1e-4 * step)
    assert encoded.notes == (("not_finite",) if holes else ())


@pytest.mark.parametrize("divisor", [10, 100, 5000, 4095])
@pytest.mark.parametrize("sparse", [False, True])
def test_a_long_range_of_even_steps_is_exact_though_each_is_rounded(divisor: int, sparse: bool):
    counts = np.arange(40_000)[:: 7 if sparse else 1]
    values = np.append(counts, 1).astype("f4")[np.newaxis, np.newaxis] / np.float32(divisor)
    encoded = encode_values(values)
    assert encoded.slope == pytest.approx(1 / divisor)
    assert np.allclose(decoded(encoded), values, rtol=2e-7, atol=1e-4 / divisor)
    assert encoded.notes == ()


def test_few_values_on_no_even_steps_are_quantised():
    encoded = encode_values(np.array([[[0.0, 0.1, np.pi, 1e4, 54321.987654]]]))
    assert encoded.notes == ("quantised",)
    assert encoded.slope == pytest.approx(54321.987654 / 65535)
