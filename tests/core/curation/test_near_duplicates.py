"""The same picture twice: found through noise and light, not taken for another like it."""

import csv

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from core.curation.near_duplicates import EDGE, fingerprint, near_duplicates


def picture(seed):
    """Alike in the large, each with its own detail."""
    chance = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(np.random.default_rng(0).random((EDGE, EDGE)), 12) * 20
    return smooth + ndimage.gaussian_filter(chance.random((EDGE, EDGE)), 1.0)


def again(item, chance):
    return item * 1.03 + 0.02 + chance.normal(0, 0.02, item.shape)


def test_a_plate_read_out_again_is_found_under_another_patient():
    chance = np.random.default_rng(9)
    shown = [picture(seed) for seed in range(12)]
    shown += [again(shown[3], chance), again(shown[5], chance)]
    owners = [f"p{one}" for one in range(12)] + ["p7", "p5"]
    result = near_duplicates(np.stack([fingerprint(one) for one in shown]), owners)
    assert [(one.first, one.second) for one in result] == [(3, 12)]  # the other one is the same patient's
    assert result[0].alike > 0.94


def test_the_correlation_is_that_of_the_detail():
    item, other = picture(1), again(picture(1), np.random.default_rng(2))
    fine = [each - ndimage.gaussian_filter(each, 2.0) for each in (item, other)]
    expected = np.corrcoef(fine[0].ravel(), fine[1].ravel())[0, 1]
    assert float(fingerprint(item) @ fingerprint(other)) == pytest.approx(expected, abs=1e-5)


def test_empty_pictures_are_nobody_s_duplicates():
    flat = np.stack([fingerprint(np.full((EDGE, EDGE), 0.5)) for _ in range(3)])
    assert near_duplicates(flat, ["a", "b", "c"]) == []


def test_no_two_real_patients_have_the_same_radiograph(data_dir):
    with (data_dir / "cxr" / "metadata.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["file"].startswith("nih64/")][:300]
    prints = []
    for row in rows:
        grey = Image.open(data_dir / "cxr" / row["file"]).convert("L").resize((EDGE, EDGE))
        prints.append(fingerprint(np.asarray(grey, np.float32) / 255))
    assert len({row["patient_id"] for row in rows}) > 20
    assert near_duplicates(np.stack(prints), [row["patient_id"] for row in rows]) == []
