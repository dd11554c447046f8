"""What the screen shows is what the standard says: the known greys, read back from both renderers and from the screen.

The slices of one series differ in all that matters (depth, sign, photometric interpretation, function of the window),
so that one page shows them all: each through the window that its own file asks for.
"""

import io
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from playwright.sync_api import expect
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from core.services.annotation import annotations, tasks
from core.services.images import images
from core.services.workspace import home
from core.settings import Settings
from tests.browser.homes import imported
from tests.browser.servers import standing

pytestmark = pytest.mark.browser
SERIES, STUDY = generate_uid(), generate_uid()

# The published table: slope 1, intercept -1024, window 400/40, LINEAR.
KNOWN = dict(zip([0, 863, 864, 1064, 1264, 1265, 4095], [0, 0, 0, 127.82, 255, 255, 255], strict=True))


@dataclass(frozen=True)
class Depth:
    """Stored values of a depth, with a window over some of them."""

    allocated: int
    stored: int
    signed: bool
    intercept: float
    center: float
    width: float

    @property
    def values(self) -> list[int]:
        """Both ends of the depth, and both ends and the middle of the window."""
        low, high = (
            (-(1 << self.stored - 1), (1 << self.stored - 1) - 1) if self.signed else (0, (1 << self.stored) - 1)
        )
        start, middle, end = (round(self.center - self.intercept + part * self.width) for part in (-0.5, 0.0, 0.5))
        return sorted({low, start - 1, start, start + 1, middle, end - 1, end, end + 1, high})


DEPTHS = {
    "8": Depth(8, 8, False, 0, 100, 80),
    "8 signed": Depth(8, 8, True, 0, -10, 80),
    "12": Depth(16, 12, False, -1024, 40, 400),
    "12 signed": Depth(16, 12, True, 0, 40, 400),
    "16": Depth(16, 16, False, -32768, 500, 40000),
    "16 signed": Depth(16, 16, True, 0, -500, 40000),
}


def linear(x: float, center: float, width: float) -> float:
    """PS3.3 C.11.2.1.2.1, as it stands there."""
    if x <= center - 0.5 - (width - 1) / 2:
        return 0.0
    if x > center - 0.5 + (width - 1) / 2:
        return 255.0
    return ((x - (center - 0.5)) / (width - 1) + 0.5) * 255


def linear_exact(x: float, center: float, width: float) -> float:
    """PS3.3 C.11.2.1.3.2."""
    if x <= center - width / 2:
        return 0.0
    return 255.0 if x > center + width / 2 else ((x - center) / width + 0.5) * 255


def sigmoid(x: float, center: float, width: float) -> float:
    """PS3.3 C.11.2.1.3.1."""
    return 255 / (1 + math.exp(-4 * (x - center) / width))


FUNCTIONS: dict[str, Callable[[float, float, float], float]] = {
    "LINEAR": linear,
    "LINEAR_EXACT": linear_exact,
    "SIGMOID": sigmoid,
}
CASES = [(*case, False) for case in product(DEPTHS.items(), ("MONOCHROME1", "MONOCHROME2"), FUNCTIONS)]
CASES += [(*case, True) for case in product(DEPTHS.items(), ("MONOCHROME1", "MONOCHROME2"), ["LINEAR"])]


def greys(depth: Depth, photometric: str, function: str, padded: bool = False) -> list[float]:
    shown = [FUNCTIONS[function](value + depth.intercept, depth.center, depth.width) for value in depth.values]
    greys = [255 - grey for grey in shown] if photometric == "MONOCHROME1" else shown
    if padded:
        greys[depth.values.index(padding(depth, photometric))] = 0
    return greys


def padding(depth: Depth, photometric: str) -> int:
    """The stored value that would be white, and as padding is black."""
    return depth.values[0 if photometric == "MONOCHROME1" else -1]


def write(path: Path, number: int, depth: Depth, photometric: str, function: str, padded: bool) -> None:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    meta.MediaStorageSOPInstanceUID = generate_uid()
    ds = FileDataset(path, {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.Modality, ds.PatientID, ds.InstanceNumber = "CT", "known-greys", number
    ds.StudyInstanceUID, ds.SeriesInstanceUID = STUDY, generate_uid(entropy_srcs=[SERIES, str(number)])
    ds.Rows, ds.Columns, ds.SamplesPerPixel = 1, len(depth.values), 1
    ds.PhotometricInterpretation, ds.PixelRepresentation = photometric, int(depth.signed)
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = depth.allocated, depth.stored, depth.stored - 1
    ds.RescaleSlope, ds.RescaleIntercept = 1, depth.intercept
    ds.WindowCenter, ds.WindowWidth, ds.VOILUTFunction = depth.center, depth.width, function
    if padded:
        ds.add_new("PixelPaddingValue", "SS" if depth.signed else "US", padding(depth, photometric))
    pixels = np.array(depth.values, f"<{'i' if depth.signed else 'u'}{depth.allocated // 8}").tobytes()
    ds.PixelData = pixels + b"\0" * (len(pixels) % 2)
    ds["PixelData"].VR = "OB" if depth.allocated == 8 else "OW"
    pydicom.dcmwrite(path, ds)


@pytest.fixture(scope="module")
def cases(tmp_path_factory) -> Iterator[tuple[str, list[int]]]:
    """The address of a labelling page, and its cases in the order of CASES: a stack would have one window."""
    folder = tmp_path_factory.mktemp("greys")
    (folder / "in").mkdir()
    for number, ((_, depth), photometric, function, padded) in enumerate(CASES):
        write(folder / "in" / f"{number:02}.dcm", number + 1, depth, photometric, function, padded)
    with standing(imported(folder / "home", folder / "in")) as server:
        db = home.open_home(Settings.read(server.home))
        task = tasks.create(db, name="finding", classes=["none", "some"])
        listed = annotations.queue(db, task_id=task.id, limit=100)
        db.close()
        assert len(listed) == len(CASES)
        yield f"{server.url}/label?task={task.id}", [case.id for case in listed]


def on_screen(page, pane, columns: int) -> list[list[int]]:
    """The colours in the middles of the columns, of a picture of the pane as a person sees it."""
    box = pane.bounding_box()
    seen = Image.open(io.BytesIO(page.screenshot(clip=box))).convert("RGB")
    places = pane.evaluate(
        """(node, columns) => {
          const pane = node.getRootNode().querySelector('.rv-root').roundsViewer.viewer.panes[0];
          return [...Array(columns).keys()].map((column) => pane.toScreen([column + .5, .5]));
        }""",
        columns,
    )
    return [list(seen.getpixel((round(x), round(y)))) for x, y in places]


# What is written over the picture would be read in its place.
WORDLESS = (
    "node => node.querySelectorAll(':scope > :not(.rv-screen)').forEach((one) => (one.style.visibility = 'hidden'))"
)


def test_the_greys_that_are_asked_for_are_those_of_the_published_table():
    expected = dict(zip(DEPTHS["12"].values, greys(DEPTHS["12"], "MONOCHROME2", "LINEAR"), strict=True))
    assert {stored: round(expected[stored], 2) for stored in KNOWN} == KNOWN


@pytest.mark.parametrize("renderer", ["2d", pytest.param("webgl", marks=pytest.mark.slow)])
def test_every_renderer_shows_the_known_greys(renderer, cases, page):
    page.add_init_script(f"localStorage.setItem('rounds-renderer', '{renderer}')")
    page.goto(cases[0])
    root = page.locator(".rv-root")
    expect(root).to_have_attribute("data-painted", re.compile(":"))
    expect(root).to_have_attribute("data-renderer", renderer)
    pane = root.locator(".rv-pane").first
    pane.evaluate(WORDLESS)
    page.keyboard.press("s")  # exact pixels
    for number, ((name, depth), photometric, function, padded) in enumerate(CASES):
        expect(root).to_have_attribute("data-case", str(cases[1][number]))
        expect(root).to_have_attribute("data-painted", re.compile(":0$"))
        expect(root).to_have_attribute("data-window", f"{depth.center:g},{depth.width:g},false")
        expected = greys(depth, photometric, function, padded)
        read = root.evaluate(
            "(node, n) => [...Array(n).keys()].map((x) => node.roundsViewer.greyAt(x, 0))", len(expected)
        )
        for how, shown in (("read back", read), ("on the screen", on_screen(page, pane, len(expected)))):
            for [red, green, blue], grey in zip(shown, expected, strict=True):
                assert red == green == blue
                assert abs(red - grey) <= 1, (how, name, photometric, function, shown, expected)
        page.keyboard.press("ArrowRight")


COLOURS = [(0, 0, 0), (4095, 0, 0), (0, 2048, 0), (0, 0, 1024), (4095, 4095, 4095), (1000, 2000, 3000)]


@pytest.fixture(scope="module")
def colours(tmp_path_factory) -> Iterator[str]:
    """The address of a stack of two slices of colours, 12 bits in 16."""
    series, folder = generate_uid(), tmp_path_factory.mktemp("colours")
    (folder / "in").mkdir()
    for number in (1, 2):
        path = folder / "in" / f"{number}.dcm"
        write(path, number, DEPTHS["12"], "MONOCHROME2", "LINEAR", False)
        ds = pydicom.dcmread(path)
        ds.SamplesPerPixel, ds.PlanarConfiguration, ds.PhotometricInterpretation = 3, 0, "RGB"
        ds.Columns, ds.SeriesInstanceUID = len(COLOURS), series
        ds.PixelData = np.array(COLOURS, "<u2").tobytes()
        ds.save_as(path)
    with standing(imported(folder / "home", folder / "in")) as server:
        db = home.open_home(Settings.read(server.home))
        (stack,) = images.stacks(db)
        db.close()
        yield f"{server.url}/images?series={stack.id}"


@pytest.mark.parametrize("renderer", ["2d", pytest.param("webgl", marks=pytest.mark.slow)])
def test_every_renderer_shows_colours_of_twelve_bits(renderer, colours, page):
    page.add_init_script(f"localStorage.setItem('rounds-renderer', '{renderer}')")
    page.goto(colours)
    root = page.locator(".rv-root")
    expect(root).to_have_attribute("data-painted", re.compile(":"))
    expect(root).to_have_attribute("data-renderer", renderer)
    read = root.evaluate("(node, n) => [...Array(n).keys()].map((x) => node.roundsViewer.greyAt(x, 0))", len(COLOURS))
    assert np.abs(np.array(read) - np.array(COLOURS) / 4095 * 255).max() <= 1
