"""The parts of the benchmarks about reviewing, on a few items: what they compare does the work it says."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.services.predictions import score_arrays
from core.services.workspace import home
from core.settings import Settings
from tests.benchmarks import case_open, operating_point, reviewed
from tests.benchmarks.dicom import write_files

APPS = Path(__file__).parent / "benchmarks" / "references"


@pytest.mark.slow
def test_the_home_of_the_operating_point_has_its_cases_patients_and_scores(tmp_path: Path):
    run = reviewed.make(tmp_path / "home", cases=40)
    db = home.open_home(Settings.read(tmp_path / "home"))
    of_run = score_arrays.binary_scores(db, run, split="val")
    db.close()
    assert (len(of_run.cases), len(of_run.patients)) == (40, 8)
    scores = reviewed.write(tmp_path / "again.npz", 40)
    assert sorted(of_run.scores) == sorted(scores)
    lines = operating_point._frame(tmp_path, 40).read_text().splitlines()
    assert len(lines) == 41
    with np.load(tmp_path / "pictures.npz") as archive:
        truth = archive["val_labels"].ravel()
    assert [int(line.split(",")[1]) for line in lines[1:]] == truth.tolist()


@pytest.mark.slow
def test_the_list_of_case_open_is_predicted_and_has_its_maps(tmp_path: Path):
    write_files(tmp_path / "files", 24, edge=64)
    run = case_open.prepare(tmp_path / "home", tmp_path / "files")
    db = home.open_home(Settings.read(tmp_path / "home"))
    cases = len(score_arrays.binary_scores(db, run, split="test").cases)
    db.close()
    assert cases > 12
    assert len(list((tmp_path / "home" / "maps").glob("*.png"))) == cases


def test_the_threshold_page_of_the_reference_counts_anew_when_its_slider_moves(tmp_path: Path, monkeypatch):
    (tmp_path / "frame.csv").write_text("case,truth,score\n0,0,0.2\n1,1,0.6\n2,1,0.4\n3,0,0.7\n")
    monkeypatch.setenv("SCORES", str(tmp_path / "frame.csv"))
    page = AppTest.from_file(str(APPS / "threshold_app.py"), default_timeout=30).run()
    assert page.dataframe[0].value.to_numpy().tolist() == [[1, 1], [1, 1]]
    page.slider[0].set_value(0.3).run()
    assert not page.exception
    assert page.dataframe[0].value.to_numpy().tolist() == [[1, 1], [0, 2]]
    assert page.caption[0].value == "at 0.300"


def test_the_case_page_of_the_reference_shows_another_picture_when_its_slider_moves(tmp_path: Path, monkeypatch):
    write_files(tmp_path / "files", 2, edge=32)
    (tmp_path / "maps").mkdir()
    Image.fromarray(np.eye(8, dtype=np.uint8) * 255).save(tmp_path / "maps" / "one.png")
    monkeypatch.setenv("IMAGES", str(tmp_path / "files"))
    monkeypatch.setenv("HOME_OF_MAPS", str(tmp_path))
    page = AppTest.from_file(str(APPS / "case_app.py"), default_timeout=30).run()
    seen = {page.get("image")[0].proto.imgs[0].url}
    page.slider[0].set_value(1).run()
    assert not page.exception
    assert page.get("image")[0].proto.imgs[0].url not in seen
