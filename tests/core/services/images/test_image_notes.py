"""What an import notices: counted in report and preview, kept by image, listed by the doctor, opened by kind."""

import numpy as np
import pytest
from PIL import Image as Picture

from core.imaging.notes import NOTES
from core.services.images import image_notes, images
from core.services.images.image_notes import NoteCount
from core.services.images.images import Filter
from core.services.workspace import doctor
from tests.core.services.images.stack_files import write_heart

TURNED = 6  # EXIF: the picture was taken with the camera on its side


def photographed(path, *, orientation):
    exif = Picture.Exif()
    exif[0x0112] = orientation
    grey = np.random.default_rng(orientation).integers(0, 255, (20, 30), dtype=np.uint8)
    Picture.fromarray(grey).save(path, exif=exif)


@pytest.fixture
def photographs(tmp_path):
    folder = tmp_path / "photographs"
    folder.mkdir()
    for number, orientation in enumerate((1, TURNED, 3, 8, 5)):
        photographed(folder / f"{number}.jpg", orientation=orientation)
    return folder


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_report_counts_each_kind_with_examples_and_the_way_out(home, photographs, dry_run):
    report = home.take(photographs, dry_run=dry_run)
    assert report.notes == (NoteCount("turned", 4, ("1.jpg", "2.jpg", "3.jpg")),)
    assert report.to_json()["notes"][0]["way_out"] == NOTES["turned"].way_out


def test_notes_are_kept_by_image_and_open_until_it_is_excluded(home, photographs):
    home.take(photographs)
    noted = images.page(home.db, Filter(note="turned"))
    assert [view.name for view in noted] == ["1.jpg", "2.jpg", "3.jpg", "4.jpg"]
    assert image_notes.notes_of(home.db, [noted[0].id, noted[0].id - 1]) == {noted[0].id: ("turned",)}
    images.exclude(home.db, noted[0].id, because="not a radiograph")
    assert image_notes.open_notes(home.db) == (NoteCount("turned", 3, ("2.jpg", "3.jpg", "4.jpg")),)
    assert doctor.notes_of_home(home.settings) == image_notes.open_notes(home.db)


def test_a_second_import_of_the_same_files_notes_nothing_twice(home, photographs):
    home.take(photographs)
    assert home.take(photographs).notes == ()
    assert [note.count for note in image_notes.open_notes(home.db)] == [4]


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_is_noted_of_a_stack_counts_stacks_and_opens_their_first_image(home, tmp_path, dry_run):
    write_heart(tmp_path / "in")
    report = home.take(tmp_path / "in", dry_run=dry_run)
    assert [(note.kind, note.count) for note in report.notes] == [("series_cut", 4)]
    if not dry_run:
        noted = images.page(home.db, Filter(note="series_cut"))
        assert len({view.series_id for view in noted}) == len(noted) == 4
        again = home.take(tmp_path / "in")
        assert (again.notes, [note.count for note in image_notes.open_notes(home.db)]) == ((), [4])


def test_every_kind_of_note_has_a_title_a_meaning_and_a_way_out():
    for kind in NOTES.values():
        assert kind.title
        assert kind.meaning.endswith(".")
        assert kind.way_out.endswith(".")
