"""A patient's other pictures: whole series in their order, views of a projection one by one, nobody else's."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import generate_uid
from sqlalchemy import event, text

from core.errors import NotFound
from core.services.images import images, related_images
from tests.benchmarks.dicom import write_files
from tests.core.conftest import Home


@pytest.fixture
def write(tmp_path: Path):
    """Write a file of a patient, a study and a series, by names; slices lie one above the other."""
    write_files(tmp_path / "blank", 1, edge=16)
    blank = dcmread(next((tmp_path / "blank").iterdir()))
    folder, uids = tmp_path / "in", {}
    folder.mkdir()

    def item(name: str, patient: str, study: str, series: str, modality: str, *, slice_mm: float = 0.0, view: str = ""):
        uid = lambda kind: uids.setdefault(kind, generate_uid())  # noqa: E731
        blank.PatientID, blank.Modality, blank.ViewPosition = patient, modality, view
        blank.StudyInstanceUID, blank.SeriesInstanceUID = uid(patient + study), uid(patient + study + series)
        blank.SOPInstanceUID = blank.file_meta.MediaStorageSOPInstanceUID = uid(name)
        blank.BodyPartExamined, blank.ImageOrientationPatient = "CHEST", [1, 0, 0, 0, 1, 0]
        blank.ImagePositionPatient = [0, 0, slice_mm]
        blank.PixelData = np.full((16, 16), len(uids), np.uint16).tobytes()
        blank.save_as(folder / f"{name}.dcm")

    item.folder = folder
    return item


@pytest.fixture
def clinic(home: Home, write) -> Home:
    """Patient A: a CT of three slices, an older CT of two, a chest film of two views; patient B: a film."""
    for number in (2, 0, 1):
        write(f"now{number}", "A", "today", "ct", "CT", slice_mm=number)
    for number in (1, 0):
        write(f"old{number}", "A", "before", "ct", "CT", slice_mm=number)
    write("front", "A", "today", "film", "DX", view="PA")
    write("side", "A", "today", "film", "DX", view="LL")
    write("other", "B", "today", "film", "DX", view="PA")
    home.take(write.folder)
    return home


def ids(home: Home) -> dict[str, int]:
    return {one.name.removesuffix(".dcm"): one.id for one in images.page(home.db, images.Filter())}


def shown(home: Home, name: str) -> list[list[str]]:
    stacks = related_images.related_stacks(home.db, ids(home)[name])
    return [[one.name.removesuffix(".dcm") for one in stack.images] for stack in stacks]


def test_beside_a_slice_lie_the_films_of_its_study_and_the_older_series_in_its_order(clinic: Home):
    result = shown(clinic, "now1")
    assert result[2:] == [["old0", "old1"]]
    assert sorted(result[:2]) == [["front"], ["side"]]


def test_beside_a_film_lie_its_other_view_and_the_series(clinic: Home):
    assert sorted(shown(clinic, "front")) == [["now0", "now1", "now2"], ["old0", "old1"], ["side"]]
    assert shown(clinic, "other") == []


def test_a_stack_says_what_it_is_and_a_number_for_the_date(clinic: Home):
    titles = [stack.title for stack in related_images.related_stacks(clinic.db, ids(clinic)["front"])]
    assert [title.split(" · ")[0] for title in titles] == ["1", "2", "3"]
    assert {title.split(" · ", 1)[1] for title in titles} == {
        "CT CHEST · 3 slices",
        "CT CHEST · 2 slices",
        "DX LL CHEST",
    }


def test_what_is_excluded_is_not_laid_beside(clinic: Home):
    images.exclude(clinic.db, ids(clinic)["side"], because="turned")
    images.exclude(clinic.db, ids(clinic)["old0"], because="blurred")
    assert shown(clinic, "now0") == [["front"], ["old1"]]


def test_an_unknown_patient_has_no_other_pictures(filled: Home, write):
    write("a", "", "today", "film", "DX")
    write("b", "", "today", "film", "DX")
    filled.take(write.folder)
    assert shown(filled, "a") == []
    with pytest.raises(NotFound, match="There is no image 9999"):
        related_images.related_stacks(filled.db, 9999)


def test_pictures_without_a_series_are_laid_beside_too(filled: Home):
    assert shown(filled, "p00.png") == [["p01.png"]]


def test_of_many_only_some_are_offered(home: Home, write):
    for number in range(20):
        write(f"f{number:02}", "A", str(number), "film", "DX")
    home.take(write.folder)
    result = shown(home, "f07")
    assert len(result) == related_images.STACKS
    assert ["f07"] not in result


@contextmanager
def statements(home: Home) -> Iterator[list[tuple[str, tuple]]]:
    result: list[tuple[str, tuple]] = []
    listen = (home.db.engine, "before_cursor_execute", lambda *message: result.append((message[2], message[3])))
    event.listen(*listen)
    yield result
    event.remove(*listen)


def test_no_statement_goes_through_all_images(clinic: Home):
    request = ids(clinic)["now1"]
    with statements(clinic) as result:
        related_images.related_stacks(clinic.db, request)
    with clinic.db.engine.connect() as connection:
        plans = [
            row[3]
            for statement, values in result
            if statement.startswith("SELECT")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
        assert connection.execute(text("SELECT count(*) FROM image")).scalar() == 8
    assert len(plans) > 4
    assert not [plan for plan in plans if plan.startswith("SCAN")], plans
