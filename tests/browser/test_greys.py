"""What the canvas shows is what the standard says: the known greys, read back in a real browser."""

import math

import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from core.services import images, workspace
from core.settings import Settings

pytestmark = pytest.mark.browser
STORED = [0, 863, 864, 1064, 1264, 1265, 4095]
GREYS = [0, 0, 0, 127.82, 255, 255, 255]


def write_dicom(path, stored, *, photometric="MONOCHROME2", signed=False, function="LINEAR", intercept=-1024):
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    meta.MediaStorageSOPInstanceUID = generate_uid()
    ds = FileDataset(path, {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.Modality, ds.PatientID = "CT", "known-greys"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = generate_uid(), generate_uid()
    ds.Rows, ds.Columns, ds.SamplesPerPixel = 1, len(stored), 1
    ds.PhotometricInterpretation = photometric
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, int(signed)
    ds.RescaleSlope, ds.RescaleIntercept = 1, intercept
    ds.WindowCenter, ds.WindowWidth, ds.VOILUTFunction = 40, 400, function
    ds.PixelData = np.array(stored, dtype=np.int16 if signed else np.uint16).tobytes()
    pydicom.dcmwrite(path, ds)


def sigmoid(stored):
    return [255 / (1 + math.exp(-4 * (value - 1024 - 40) / 400)) for value in stored]


def exact(stored):
    return [min(255.0, max(0.0, ((value - 1024 - 40) / 400 + 0.5) * 255)) for value in stored]


CASES = {
    "linear": ({}, STORED, GREYS),
    "monochrome1": ({"photometric": "MONOCHROME1"}, STORED, [255 - grey for grey in GREYS]),
    "signed": ({"signed": True, "intercept": 0}, [value - 1024 for value in STORED], GREYS),
    "sigmoid": ({"function": "SIGMOID"}, STORED, sigmoid(STORED)),
    "linear_exact": ({"function": "LINEAR_EXACT"}, STORED, exact(STORED)),
}


def test_the_page_shows_the_known_greys(tmp_path, rounds, serve, page):
    for name, (how, stored, _) in CASES.items():
        write_dicom(tmp_path / f"{name}.dcm", stored, **how)
        rounds("import", tmp_path / f"{name}.dcm")
    db = workspace.open_home(Settings.read(rounds.home))
    ids = {view.name.removesuffix(".dcm"): view.id for view in images.page(db, images.Filter())}
    db.close()
    server = serve(rounds.home)
    for name, (_, stored, greys) in CASES.items():
        page.goto(f"{server.url}/images?image={ids[name]}")
        root = page.locator(f'.rv-root[data-painted="{ids[name]}:0"]')
        root.wait_for()
        shown = [root.evaluate("(node, x) => node.roundsViewer.greyAt(x, 0)", x) for x in range(len(stored))]
        for [red, green, blue], grey in zip(shown, greys, strict=True):
            assert red == green == blue
            assert abs(red - grey) <= 1, (name, shown, greys)
