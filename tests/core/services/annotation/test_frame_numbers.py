"""Drawings on frames that are stored in another order name the frames of the file in DICOM objects."""

from pathlib import Path

import pydicom
import pytest
from sqlalchemy import select

from core.imaging.drawings.dicom_common import ignore_warnings
from core.imaging.store import Store
from core.imaging.voi_lut import read_samples
from core.services.annotation import annotations, drawing_export, drawing_import, drawings, tasks
from core.services.images import images
from db.tables import Drawing, Image
from tests.core.conftest import Home
from tests.core.imaging.dicom.test_frame_order import enhanced

FRAMES = [{"z": 5.0 * z, "value": 100 + z} for z in (3, 1, 0, 2)]


@pytest.mark.parametrize("format", ["seg", "sr", "csv"])
def test_a_drawing_comes_back_on_its_frame(home: Home, other_home: Home, tmp_path: Path, format: str):
    (tmp_path / "in").mkdir()
    enhanced(tmp_path / "in/a.dcm", FRAMES)
    for each in (home, other_home):
        each.take(tmp_path / "in")
        tasks.create(each.db, name="t", classes=["yes", "no"])
    (image,) = images.page(home.db, images.Filter())
    assert image.format.frame_order == (2, 1, 3, 0)
    (case,) = annotations.queue(home.db, task_id=1)
    box = {"points": [[2.0, 2.0], [6.0, 6.0]]}
    drawings.draw(
        home.db,
        case_id=case.id,
        key="k",
        image_id=image.id,
        frame=2,
        shape="box",
        geometry=box,
        label=0,
        by="a",
        client="c",
    )
    out = tmp_path / ("out" if format != "csv" else "out.csv")
    exported = drawing_export.export(home.db, home.settings, task="t", format=format, out=out)
    if format != "csv":
        assert referenced(Path(exported.files[0])) == {4}  # the file's frame, counted from 1
    for path in exported.files:
        drawing_import.import_drawings(other_home.db, other_home.settings, task="t", path=Path(path), by="b")
    with other_home.db.read() as session:
        assert session.scalars(select(Drawing.frame)).all() == [2]


def test_a_drawing_of_before_follows_its_frame_when_missing_pixels_are_read_again(home: Home, tmp_path: Path):
    (tmp_path / "in").mkdir()
    enhanced(tmp_path / "in/a.dcm", FRAMES)
    home.take(tmp_path / "in")
    tasks.create(home.db, name="t", classes=["yes", "no"])
    (case,) = annotations.queue(home.db, task_id=1)
    (image,) = images.page(home.db, images.Filter())
    with home.db.transaction() as session:  # as an older version stored it
        row = session.scalars(select(Image)).one()
        row.format = {**row.format, "frame_order": None, "place": [0.0, 0.0, 15.0], "slice_mm": None}
        row.pixel_sha256 = "of before"
    box = {"points": [[2.0, 2.0], [6.0, 6.0]]}
    draw = {"case_id": case.id, "image_id": image.id, "shape": "box", "geometry": box, "label": 0, "by": "a"}
    drawings.draw(home.db, **draw, key="k", frame=0, client="c")  # the value 103
    Store(home.settings.home).pixels(image.sha256).unlink()
    home.take(tmp_path / "in")
    (image,) = images.page(home.db, images.Filter())
    assert image.format.frame_order == (2, 1, 3, 0)
    pixels = Store(home.settings.home).pixels(image.sha256)
    with home.db.read() as session:
        frame = session.scalars(select(Drawing.frame)).one()
    assert read_samples(pixels, image.format, offset=image.offset, frame=frame)[0, 0, 0] == 103


def referenced(path: Path) -> set[int]:
    """The frame numbers that a DICOM object refers to."""
    with ignore_warnings():
        elements = list(pydicom.dcmread(path).iterall())
    return {int(element.value) for element in elements if element.keyword == "ReferencedFrameNumber"}
