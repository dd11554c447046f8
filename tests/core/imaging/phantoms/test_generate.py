"""Drawn files: the same bytes for a seed, 12-bit DICOM that the import reads, a key that is true of them."""

import csv
import hashlib
import json
from dataclasses import replace

import numpy as np
import pydicom
import pytest

from core.imaging.importers import dicom
from core.imaging.phantoms import cohort, generate
from core.imaging.phantoms.acquisition import WHITE
from core.imaging.phantoms.anatomy import EDGE
from core.imaging.phantoms.cohort import SITES, draw_cohort

SEED = 5


@pytest.fixture(scope="module")
def few():
    """A cohort of sixty patients: many enough for the near-duplicates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cohort, "PATIENTS", 60)
        yield draw_cohort(SEED)


@pytest.fixture(scope="module")
def made(few, tmp_path_factory):
    """Their files and the key."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generate, "draw_cohort", lambda seed: few)
        seen = list(generate.generate(folder / "files", seed=SEED, key=folder / "key.json"))
    assert seen[-1] == (len(few), len(few))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    return folder / "files", json.loads((folder / "key.json").read_text())


def plate(body, exposure, **changes):
    """A picture of the body, whose drawing takes longest and depends on nothing that is changed."""
    return body.exposed(replace(exposure, **changes), SEED)


def seen(plate, exposure):
    """Values as a viewer shows them: white is tissue."""
    light = plate.values.astype(float)
    return light if exposure.site.photometric == "MONOCHROME2" else WHITE - light


def test_the_same_seed_gives_the_same_bytes(few, made, tmp_path):
    folder, _ = made
    for planted in generate.draw_part(tmp_path, few, 3, SEED):
        name = generate.file_name(few[planted.number])
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    other = generate.draw_part(tmp_path, few, 3, SEED + 1)
    assert (
        other[0].sha256 != hashlib.sha256((folder / generate.file_name(few[other[0].number])).read_bytes()).hexdigest()
    )


def test_the_key_names_every_file_and_what_is_planted(few, made):
    folder, key = made
    hashes = [hashlib.sha256((folder / generate.file_name(one)).read_bytes()).hexdigest() for one in few]
    assert list(key["images"]) == hashes
    assert len(set(hashes)) == len(few)
    assert key["wrong_labels"] == [sha for sha, one in zip(hashes, few, strict=True) if one.wrong]
    assert key["near_duplicates"] == [[hashes[one.copies], hashes[one.number]] for one in few if one.copies is not None]
    assert len(key["near_duplicates"]) == 10
    assert key["shortcut"]["images"] == [sha for sha, one in zip(hashes, few, strict=True) if one.marker]
    assert key["failing_subgroup"]["images"] == [sha for sha, one in zip(hashes, few, strict=True) if one.hard]
    for sha, exposure in zip(hashes, few, strict=True):
        entry = key["images"][sha]
        assert (entry["truth"], entry["given"]) == (exposure.truth, exposure.given)
        assert bool(entry["opacities"]) == exposure.opacity
        assert bool(entry["marker"]) == exposure.marker


def test_the_table_gives_the_labels_and_not_the_truth(few, made):
    with (made[0] / generate.TABLE).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["finding"] for row in rows] == [one.given for one in few]
    assert set(rows[0]) == {"file", "finding", "site", "age", "sex", "view", "device"}


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_a_file_is_read_as_a_twelve_bit_radiograph(few, made, site):
    exposure = next(one for one in few if one.site is site)
    (image,) = dicom.read(made[0] / generate.file_name(exposure), None)
    assert image.samples.shape == (1, EDGE, EDGE, 1)
    assert image.format.bits == 12
    assert image.format.photometric == site.photometric
    assert image.samples.max() <= WHITE
    assert image.facts["view"] == exposure.view


def test_an_opacity_is_brighter_inside_its_box_and_hidden_where_models_must_fail(few):
    lifted, hidden = [], []
    for exposure in [one for one in few if one.opacity and one.copies is None][:24]:
        body = generate.Body.draw(exposure, SEED)
        for hard, visible in ((False, lifted), (True, hidden)):
            with_it, without = plate(body, exposure, hard=hard), plate(body, exposure, hard=hard, opacity=False)
            ((left, top, right, bottom),) = with_it.opacities
            assert 0 <= left < right <= EDGE
            assert 0 <= top < bottom <= EDGE
            assert without.opacities == ()
            change = seen(with_it, exposure) - seen(without, exposure)
            visible.append(change[top:bottom, left:right].mean() - np.median(change))
    assert np.median(lifted) > 0.06 * WHITE
    assert min(lifted) > 0.02 * WHITE
    assert np.abs(hidden).max() < 0.02 * WHITE


def test_a_marker_is_white_inside_its_box_and_nothing_else_changes(few):
    for exposure in [one for one in few if one.marker and one.copies is None][:8]:
        body = generate.Body.draw(exposure, SEED)
        with_it, without = plate(body, exposure), plate(body, exposure, marker=False)
        left, top, right, bottom = with_it.marker
        assert (seen(with_it, exposure)[top:bottom, left:right] > 0.95 * WHITE).mean() > 0.1
        assert without.marker is None
        assert top < EDGE / 2 < left


def test_a_near_duplicate_is_nearly_the_plate_it_repeats(few, made):
    folder, _ = made
    plates = [next(iter(dicom.read(folder / generate.file_name(one), None))).samples.ravel() for one in few]
    values = np.stack(plates, dtype=np.float32)
    again = [at for at, one in enumerate(few) if one.copies is not None]
    shown = [one.copies for one in few if one.copies is not None]
    apart = np.abs(values[again] - values[shown]).mean(axis=1)
    assert ((apart > 0) & (apart < 0.05 * WHITE)).all()
    standard = (values - values.mean(axis=1, keepdims=True)) / values.std(axis=1, keepdims=True)
    alike = standard[again] @ standard.T / standard.shape[1]  # the correlation of each with every plate
    pairs = alike[range(len(again)), shown]
    assert pairs.min() > 0.998
    alike[range(len(again)), again] = alike[range(len(again)), shown] = -1
    assert (pairs > alike.max(axis=1)).all()


def test_a_patient_has_one_date_of_birth_at_every_visit(few, made):
    folder, _ = made
    births = {}
    for exposure in few:
        header = pydicom.dcmread(folder / generate.file_name(exposure), stop_before_pixels=True)
        births.setdefault(exposure.patient, []).append(header.PatientBirthDate)
    assert max(map(len, births.values())) > 1
    assert all(len(set(dates)) == 1 for dates in births.values())
