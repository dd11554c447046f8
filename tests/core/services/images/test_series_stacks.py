"""The catalogue holds a series as its stacks, however its files came, and no label is lost when a stack is cut."""

import shutil
from pathlib import Path
from random import Random
from unittest.mock import ANY

import numpy as np
import pytest
from sqlalchemy import event, select, update

from core.curation.recipe import Recipe
from core.imaging.voi_lut import read_samples, to_grey, to_values
from core.services.annotation import annotations, cases, tasks
from core.services.datasets import snapshots, training_examples
from core.services.images import image_pixels, images, older_catalogue, related_images, series_stacks
from core.services.workspace import doctor_stacks
from core.training.examples import read_image
from db.tables import Case, Image, Series, Task
from db.vocabulary import Unit
from tests.core.conftest import Home
from tests.core.services.images.stack_files import write, write_heart

HEART = [
    (0, "phase 1 of 3", [100, 101, 102, 103]),
    (1, "phase 2 of 3", [200, 201, 202, 203]),
    (2, "phase 3 of 3", [300, 301, 302, 303]),
    (3, "scout", [900]),
]


def stacks(home: Home) -> list[tuple[int, str, list[int]]]:
    """Number, title and values in order of every stack."""
    with home.db.read() as session:
        rows = session.scalars(select(Series).order_by(Series.stack)).all()
        image = select(Image.format).order_by(Image.place)
        return [
            (
                row.stack,
                row.title,
                [int(form["low"]) for form in session.scalars(image.where(Image.series_id == row.id))],
            )
            for row in rows
        ]


def as_before_stacks(home: Home) -> int:
    """Turn the catalogue into one of before stacks: one row for a series, ordered by position alone."""
    with home.db.transaction() as session:
        first, *others = session.scalars(select(Series).order_by(Series.id)).all()
        for image in session.scalars(select(Image)):
            image.series_id, image.place, image.attributes = first.id, 0, {}
            image.position = image.format["place"][2]
        session.flush()
        for row in others:
            session.delete(row)
        first.stack, first.title, first.notes, first.window, first.spacing_mm = -1, "", [], None, None
        return first.id


def test_phases_and_scouts_are_stacks_in_the_order_of_places(home: Home, tmp_path: Path):
    write_heart(tmp_path / "in")
    home.take(tmp_path / "in")
    assert stacks(home) == HEART
    listed = sorted(images.stacks(home.db), key=lambda view: view.title)
    assert [(one.title, one.images, one.spacing_mm) for one in listed] == [
        (f"phase {n} of 3", 4, 5.0) for n in (1, 2, 3)
    ]
    (view, *_) = images.series(home.db, listed[1].id)
    assert view.stack is not None
    assert (view.stack.title, view.stack.place, view.format.slice_mm) == ("phase 2 of 3", 0, 5.0)
    beside = [stack.title for stack in related_images.related_stacks(home.db, view.id)]
    assert beside == ["1 · MR · phase 1 of 3 · 4 slices", "2 · MR · phase 3 of 3 · 4 slices", "3 · MR · scout"]


@pytest.mark.parametrize("seed", range(3))
def test_imports_in_any_order_give_the_same_stacks(home: Home, tmp_path: Path, seed: int):
    files = write_heart(tmp_path / "in")
    Random(seed).shuffle(files)
    for number, part in enumerate((files[:5], files[5:6], files[6:])):
        folder = tmp_path / f"part{number}"
        folder.mkdir()
        for path in part:
            shutil.copy(path, folder)
        home.take(folder)
    assert stacks(home) == HEART


def label_series(home: Home) -> tuple[int, int]:
    """Label the only series; the task and the case."""
    task = tasks.create(home.db, name="t", classes=["yes", "no"], unit=Unit.SERIES)
    (view,) = annotations.queue(home.db, task_id=task.id, only="unlabelled")
    annotations.label(home.db, case_id=view.id, answer="label", label=0, by="ann", key="k")
    return task.id, view.id


def test_a_label_stays_with_the_largest_stack_of_its_series(home: Home, tmp_path: Path):
    files = write_heart(tmp_path / "in")
    for path in files[:4]:
        write_to = tmp_path / "first"
        write_to.mkdir(exist_ok=True)
        shutil.copy(path, write_to)
    home.take(tmp_path / "first")
    task, case_id = label_series(home)
    home.take(tmp_path / "in")
    with home.db.read() as session:
        case = session.get_one(Case, case_id)
        assert session.get_one(Series, case.series_id or 0).title == "phase 1 of 3"
        assert session.get_one(Image, case.image_id).series_id == case.series_id
        assert cases.missing(session, session.get_one(Task, task)) == 3
    assert annotations.case(home.db, case_id).facts["stack"] == "phase 1 of 3"


def test_a_catalogue_of_before_stacks_is_grouped_when_it_is_opened(home: Home, tmp_path: Path):
    for place in range(5):
        write(tmp_path / f"in/{place}.dcm", 5.0 * place, 100 + place)
    write(tmp_path / "in/x.dcm", 12.0, 900, ImageOrientationPatient=[0, 1, 0, 0, 0, -1])
    home.take(tmp_path / "in")
    first = as_before_stacks(home)
    series_stacks_before = stacks(home)
    assert len(series_stacks_before) == 1
    with home.db.transaction() as session:  # the middle image was the sagittal one
        task = tasks.make(session, name="t", classes=["yes", "no"])
        task.unit = Unit.SERIES
        sagittal = session.scalars(select(Image.id).where(Image.position == 12.0)).one()
        session.add(Case(task_id=task.id, image_id=sagittal, series_id=first))
    assert older_catalogue.group_older_catalogue(home.db) == 1
    assert stacks(home) == [(0, "axial", [100, 101, 102, 103, 104]), (1, "sagittal", [900])]
    assert older_catalogue.group_older_catalogue(home.db) == 0
    with home.db.read() as session:
        case = session.scalars(select(Case)).one()
        assert case.series_id == first
        assert session.get_one(Image, case.image_id).format["low"] == 102
        assert session.get_one(Series, first).reads_differently is not None


def test_what_an_older_catalogue_does_not_know_stays_in_the_order_of_before(home: Home, tmp_path: Path):
    for number in range(6):
        write(tmp_path / f"in/{number}.dcm", 5.0, 100 + number, InstanceNumber=6 - number)
    home.take(tmp_path / "in")
    assert stacks(home) == [(0, "", [105, 104, 103, 102, 101, 100])]
    with home.db.read() as session:
        ids = list(session.scalars(select(Image.id).order_by(Image.id)))
    as_before_stacks(home)
    older_catalogue.group_older_catalogue(home.db)
    with home.db.read() as session:
        assert session.scalars(select(Image.id).order_by(Image.place)).all() == ids
        assert session.scalars(select(Series.reads_differently)).all() == [{"order": False, "window": True, "at": ANY}]


def test_what_was_frozen_keeps_its_image_and_is_still_read(home: Home, tmp_path: Path):
    for place in range(4):
        write(tmp_path / f"in/{place}.dcm", 5.0 * place, 100 + place)
        for other in "BCDE":
            name = f"in/{other}{place}.dcm"
            write(tmp_path / name, 5.0 * place, 200 + ord(other) + place, series=other, PatientID=other)
    home.take(tmp_path / "in")
    task = tasks.create(home.db, name="t", classes=["yes", "no"], unit=Unit.SERIES)
    for number, view in enumerate(annotations.queue(home.db, task_id=task.id, only="unlabelled")):
        annotations.label(home.db, case_id=view.id, answer="label", label=number % 2, by="ann", key=str(number))
    frozen = snapshots.freeze(home.db, task.id, Recipe(), name="one", by="ann")
    before = {one.key: one for one in training_examples.examples_of(home.db, home.settings, frozen.id)}
    for place in range(6):  # a larger stack of another plane
        write(
            tmp_path / f"more/{place}.dcm",
            0.0,
            300,
            ImagePositionPatient=[place, 0, 0],
            ImageOrientationPatient=[0, 1, 0, 0, 0, -1],
        )
    home.take(tmp_path / "more")
    after = {one.key: one for one in training_examples.examples_of(home.db, home.settings, frozen.id)}
    assert after == before
    with home.db.read() as session:  # the label stays with what was labelled
        assert all(
            session.get_one(Image, case.image_id).series_id == case.series_id for case in session.scalars(select(Case))
        )


def test_the_doctor_lists_once_what_reads_differently(home: Home, tmp_path: Path):
    write_heart(tmp_path / "in")
    home.take(tmp_path / "in")
    as_before_stacks(home)
    older_catalogue.group_older_catalogue(home.db)
    assert "1 series read in another order" in doctor_stacks.stacks(home.db)[1]
    assert doctor_stacks.stacks(home.db)[0]
    assert "1 series read" not in doctor_stacks.stacks(home.db)[1]


def test_equal_tissue_is_one_input_and_one_grey_in_every_slice_of_a_stack(home: Home, tmp_path: Path):
    for place in range(6):
        top = 60_000.0 if place == 3 else 5_000.0
        slope = top / 32_767
        pixels = np.full((16, 16), round(5_000 / slope), np.uint16)
        pixels[:4] = 0
        pixels[10:12, 10:12] = round(top / slope)
        write(
            tmp_path / f"in/{place}.dcm",
            4.0 * place,
            pixels=pixels,
            Modality="PT",
            RescaleSlope=f"{slope:.10f}"[:16],
            RescaleIntercept=0,
        )
    home.take(tmp_path / "in")
    (stack,) = images.stacks(home.db)
    views = images.series(home.db, stack.id)
    with home.db.read() as session:
        planes = training_examples._planes(
            session, training_examples.Store(home.settings.home), [one.id for one in views]
        )
    inputs = [read_image(planes[one.id], size=16, channels=1)[0, 7, 7] for one in views]
    assert max(inputs) - min(inputs) <= 2
    for view in views:
        samples = read_samples(planes[view.id].pixels, view.format, offset=view.offset, frame=0)
        assert abs(to_values(samples, view.format)[7, 7, 0] - 5_000) < 2
        grey = to_grey(samples, view.format)
        assert abs(int(grey[7, 7]) - round(inputs[0] / 257)) <= 1
        assert image_pixels.thumbnail(home.settings, view).exists()
    assert len({view.format.window_width for view in views}) == 1


def test_a_film_of_one_image_is_not_touched(home: Home, tmp_path: Path):
    write(tmp_path / "in/a.dcm", 0.0)
    home.take(tmp_path / "in")
    (row,) = stacks(home)
    assert row == (0, "", [100])
    with home.db.transaction() as session:
        session.execute(update(Image).values(place=7))
        series_stacks.regroup(session, session.scalars(select(Series.id)).all())
        assert session.scalars(select(Image.place)).all() == [7]


@pytest.mark.parametrize("count", [2, 20])
def test_many_series_are_cut_with_as_many_statements_as_few(home: Home, tmp_path: Path, count: int):
    for series in range(count):
        for place in range(3):
            write(tmp_path / f"in/{series}-{place}.dcm", 5.0 * place, 100 + place, series=str(series))
    home.take(tmp_path / "in")
    statements: list[str] = []
    with home.db.transaction() as session:
        session.execute(update(Image).values(place=0))
        event.listen(session.connection(), "before_cursor_execute", lambda *call: statements.append(call[2]))
        series_stacks.regroup(session, session.scalars(select(Series.id)).all())
    assert [values for *_, values in stacks(home)] == [[100, 101, 102]] * count
    assert len(statements) <= 10
