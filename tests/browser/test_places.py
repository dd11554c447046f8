"""Where things lie: the letters at the edges and the ruler, held against marks that were planted and are seen.

A chest CT is cut anew into coronal and sagittal series, whose pixels are not square. In every slice lie two bright
marks at known places; they are found again on a picture of the screen, and by them the page's letters and lengths are
judged, however the picture is turned.
"""

import io
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from playwright.sync_api import expect
from pydicom.uid import generate_uid

from core.services.annotation import annotations, tasks
from core.services.images import images
from core.services.workspace import home
from core.settings import Settings
from db.vocabulary import Unit
from tests.benchmarks.dicom import write_files
from tests.browser.test_greys import WORDLESS

pytestmark = pytest.mark.browser
PAINTED = re.compile(":")
MARK = 9  # pixels of a mark's edge
NEAR, FAR = (10, 102), (30, 330)  # row and column of the first mark's first pixel, and of the second's
ACROSS, DOWN = FAR[1] - NEAR[1], FAR[0] - NEAR[0]
BRIGHT = 4000  # as it is stored: denser than any bone


@dataclass(frozen=True)
class Cut:
    """How the axial volume [z to the head, y to the back, x to the left] is cut, and what stands at the edges then."""

    orientation: tuple[int, ...]
    axes: tuple[int, int, int]  # of slices, rows and columns
    from_head: bool
    letters: str  # left, right, top, bottom


AXIAL = Cut((1, 0, 0, 0, 1, 0), (0, 1, 2), False, "RLAP")
CORONAL = Cut((1, 0, 0, 0, 0, -1), (1, 0, 2), True, "RLHF")
SAGITTAL = Cut((0, 1, 0, 0, 0, -1), (2, 0, 1), True, "APHF")

# Where the edges go: what stands left, right, top and bottom after it stood at these places.
KEYS = {"h": (1, 0, 2, 3), "v": (0, 1, 3, 2), ".": (3, 2, 0, 1), ",": (2, 3, 1, 0)}


def cut(source: Path, folder: Path, name: str, how: Cut) -> tuple[float, float]:
    """Write a few slices of the series cut `how`, with the two marks; gives the spacing of their pixels."""
    files = sorted(
        (pydicom.dcmread(path) for path in source.glob("*.dcm")), key=lambda header: header.ImagePositionPatient[2]
    )
    volume = np.stack([one.pixel_array for one in files])
    thick = float(files[1].ImagePositionPatient[2] - files[0].ImagePositionPatient[2])
    edges = (thick, *map(float, files[0].PixelSpacing))
    planes = volume.transpose(how.axes)[:, :: -1 if how.from_head else 1]
    spacing = edges[how.axes[1]], edges[how.axes[2]]
    series, header = generate_uid(), files[0]
    for number, at in enumerate(range(100, 103) if how is not AXIAL else range(3)):
        plane = planes[at].copy()
        for row, column in (NEAR, FAR):
            plane[row : row + MARK, column : column + MARK] = BRIGHT
        header.SeriesInstanceUID, header.SOPInstanceUID = series, generate_uid()
        header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
        header.Rows, header.Columns = plane.shape
        header.PixelSpacing, header.ImageOrientationPatient = [f"{one:.10g}" for one in spacing], list(how.orientation)
        place = list(map(float, files[-1 if how.from_head else at].ImagePositionPatient))
        place[2 - how.axes[0]] += number * edges[how.axes[0]]
        header.ImagePositionPatient = [f"{one:.10g}" for one in place]
        header.PixelData = plane.tobytes()
        header.save_as(folder / f"{name}-{number}.dcm")
    return spacing


def shown(root) -> str:
    """The letters at the edges, the strongest of each."""
    return "".join(root.locator(f".rv-{edge}").first.text_content()[:1] for edge in ("left", "right", "top", "bottom"))


def marks(page, root) -> list[tuple[float, float]]:
    """The middles of the two marks in CSS pixels of the pane, as a picture of the screen has them."""
    pane = root.locator(".rv-pane").first
    pane.evaluate(WORDLESS)
    seen = np.asarray(Image.open(io.BytesIO(page.screenshot(clip=pane.bounding_box()))).convert("L"))
    pane.evaluate("node => [...node.children].forEach((one) => (one.style.visibility = ''))")
    bright = seen > 250
    near, far = (root.evaluate("(node, at) => node.roundsViewer.viewer.panes[0].toScreen(at)", at) for at in CENTRES)
    return [middle(bright, place) for place in (near, far)]


CENTRES = [[column + MARK / 2, row + MARK / 2] for row, column in (NEAR, FAR)]


def middle(bright: np.ndarray, near: list[float]) -> tuple[float, float]:
    """Of the bright pixels around a place."""
    rows, columns = np.nonzero(bright)
    close = np.hypot(columns - near[0], rows - near[1]) < 40
    assert close.any(), "the mark is not where the page says"
    return float(columns[close].mean() + 0.5), float(rows[close].mean() + 0.5)


@pytest.fixture
def reading(data_dir, tmp_path, rounds, serve, page):
    """Open the label page on the three series; gives how each case is cut, its pixels' spacing and the page's root."""
    source, folder = data_dir / "series" / "ct_chest_lungfcp_48", tmp_path / "cut"
    folder.mkdir()
    ways = {"axial": AXIAL, "coronal": CORONAL, "sagittal": SAGITTAL}
    made = {name: (how, cut(source, folder, name, how)) for name, how in ways.items()}
    rounds("import", folder)
    db = home.open_home(Settings.read(rounds.home))
    task = tasks.create(db, name="marks", classes=["none", "some"], unit=Unit.SERIES)
    cases = annotations.queue(db, task_id=task.id)
    labels = [made[images.get(db, case.image_ids[0]).name.split("-")[0]] for case in cases]
    db.close()
    page.set_viewport_size({"width": 1900, "height": 1300})  # a screen pixel is well below an image's
    server = serve(rounds.home)

    def open_with(renderer: str):
        page.add_init_script(f"localStorage.setItem('rounds-renderer', '{renderer}')")
        page.goto(f"{server.url}/label?task={task.id}")
        root = page.locator(".rv-root")
        expect(root).to_have_attribute("data-painted", PAINTED)
        expect(root).to_have_attribute("data-renderer", renderer)
        return root, labels

    return open_with


@pytest.mark.parametrize("renderer", [pytest.param("webgl", marks=pytest.mark.slow), "2d"])
def test_letters_and_lengths_are_right_however_the_picture_is_turned(renderer, reading, page):
    root, series = reading(renderer)
    page.keyboard.press("s")  # exact pixels
    page.keyboard.press("l")
    for number, (how, spacing) in enumerate(series):
        if number:
            page.keyboard.press("ArrowRight")
            expect(root).to_have_attribute("data-case", str(number + 1))
            expect(root).to_have_attribute("data-painted", PAINTED)
        root.evaluate(ONLY_MARKS)
        letters, true = how.letters, float(np.hypot(ACROSS * spacing[1], DOWN * spacing[0]))
        for key in ("", "h", ".", "v", ","):
            if key:
                page.keyboard.press(key)
                letters = "".join(letters[place] for place in KEYS[key])
            assert shown(root) == letters, key
            near, far = marks(page, root)
            # As it was cut, the first mark lies left of the second and above it: on the side of those two letters.
            for axis in (0, 1):
                nearer = letters[2 * axis + (0 if near[axis] < far[axis] else 1)]
                assert nearer in (how.letters[0], how.letters[2]), (key, near, far)
            measured = measure(page, root, near, far)
            assert abs(measured - true) <= 0.5 * min(spacing), (key, measured, true)


REAL = {
    "series/mr_prostate_adc_20/000007.dcm": ["R", "L", "AF", "PH"],  # tilted by ten degrees
    "nifti/totalseg_example_ct_sm.nii.gz": ["R", "L", "A", "P"],
    "dicom/dicomdir_media/98892001/CT2N/6293": ["P", "A", "H", "F"],  # its rows run to the front
    "dicom/dicomdir_media/77654033/CR1/6154": ["", "", "", ""],
}


@pytest.mark.slow
def test_the_letters_of_real_files(data_dir, tmp_path, rounds, serve, page):
    url = imported(rounds, serve, {path: data_dir / path for path in REAL}, tmp_path)
    for path, letters in REAL.items():
        page.goto(url(path))
        root = page.locator('.rv-root[data-painted*=":"]')
        root.wait_for()
        edges = ("left", "right", "top", "bottom")
        assert [root.locator(f".rv-{edge}").first.text_content() for edge in edges] == letters, path


def imported(rounds, serve, files: dict[str, Path], tmp_path: Path) -> Callable[[str], str]:
    """Files in one import; gives where each is looked at, by its key."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number, path in enumerate(files.values()):
        shutil.copy(path, folder / f"{number}{''.join(path.suffixes)}")
    rounds("import", folder)
    db = home.open_home(Settings.read(rounds.home))
    ids = {int(view.name.split(".")[0]): view.id for view in images.page(db, images.Filter())}
    db.close()
    server = serve(rounds.home)
    return lambda key: f"{server.url}/images?image={ids[list(files).index(key)]}"


REFUSALS = {
    "film": ({"ImagerPixelSpacing": [0.14, 0.14]}, "at the detector only"),
    "plain": ({"PixelSpacing": [0.14, 0.14]}, "whether its pixel spacing is valid in the patient or at the detector"),
    "bare": ({}, "gives no pixel spacing"),
    "calibrated": ({"PixelSpacing": [0.5, 0.5], "PixelSpacingCalibrationType": "FIDUCIAL"}, ""),
}


@pytest.mark.slow
def test_no_length_is_told_where_the_file_does_not_say_how_large_a_pixel_is_in_the_body(tmp_path, rounds, serve, page):
    write_files(tmp_path / "blank", 1, edge=64)
    film = pydicom.dcmread(next((tmp_path / "blank").iterdir()))
    for name, (values, _) in REFUSALS.items():
        for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
            if keyword in film:
                del film[keyword]
        for keyword, value in values.items():
            setattr(film, keyword, value)
        film.SeriesInstanceUID = film.StudyInstanceUID = film.SOPInstanceUID = generate_uid()
        film.file_meta.MediaStorageSOPInstanceUID = film.SOPInstanceUID
        film.save_as(tmp_path / f"{name}.dcm")
    url = imported(rounds, serve, {name: tmp_path / f"{name}.dcm" for name in REFUSALS}, tmp_path)
    for name, (_, words) in REFUSALS.items():
        page.goto(url(name))
        root = page.locator('.rv-root[data-painted*=":"]')
        root.wait_for()
        page.keyboard.press("l")
        box = root.locator(".rv-pane").first.bounding_box()
        x, y = box["width"] / 2, box["height"] / 2
        length = measure(page, root, (x - 40, y), (x + 40, y))
        text = root.locator(".rv-said").text_content()
        assert (length is None) == bool(words), name
        assert words in text
        assert text.endswith("." if words else "")


def measure(page, root, start: tuple[float, float], end: tuple[float, float]) -> float | None:
    """Drag the ruler between two places of the pane: what it says in mm, None where it refuses."""
    box = root.locator(".rv-pane").first.bounding_box()
    places = [(round(box["x"] + x), round(box["y"] + y)) for x, y in (start, end)]
    page.mouse.move(*places[0])
    page.mouse.down()
    page.mouse.move(*places[1], steps=3)
    page.mouse.up()
    return root.evaluate(LENGTH)


# By the page's own ruler, from the line it holds.
LENGTH = """async node => {
  const style = node.getRootNode().querySelector('link.rv-style') || document.querySelector('link.rv-style');
  const { length } = await import(new URL('view/ruler.js', style.href));
  const pane = node.roundsViewer.viewer.panes[0];
  const { from, to } = pane.measures.at(-1);
  return length(pane.slice.image, from, to).mm;
}"""

# Only what was planted is white: a narrow window far above any bone.
ONLY_MARKS = """node => {
  const { viewer } = node.roundsViewer;
  viewer.setWindow({ ...viewer.active.window, center: 2800, width: 100, voi: 'LINEAR', inverted: false });
}"""
