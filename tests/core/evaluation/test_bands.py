"""Many sizes of images as bands of their longer side; few stay as they are."""

import numpy as np

from core.evaluation.bands import UNKNOWN, banded, size_bands


def test_many_sizes_are_four_bands_of_about_as_many_cases():
    sides = np.random.default_rng(0).integers(1500, 3000, size=200).tolist()
    found = size_bands([f"{side - 400}×{side}" for side in sides])
    assert len(set(found)) == 4
    assert all(40 <= found.count(name) <= 60 for name in found)
    for side, name in zip(sides, found, strict=True):
        low, high = map(int, name.removeprefix("longer side ").split("–"))
        assert low <= side <= high


def test_few_sizes_and_what_is_no_size_stay():
    few = ["1024×1024", "2048×2500", UNKNOWN]
    names = [f"room {one}" for one in range(20)]
    assert banded({"image size": few, "room": names}) == {"image size": few, "room": names}


def test_an_unknown_size_stays_unknown_and_one_longer_side_is_one_band():
    sizes = [f"{1000 + one}×2000" for one in range(20)]
    assert size_bands([*sizes, UNKNOWN]) == ["longer side 2000"] * 20 + [UNKNOWN]
