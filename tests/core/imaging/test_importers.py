"""What reads a file format is loaded with the first file of that format, in each reader process."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.imaging.importers import picture
from core.imaging.importers.signatures import PICTURES
from tests.benchmarks.dicom import write_files

READ = """
import json, sys
from pathlib import Path
from core.imaging import reader_process
path = Path(sys.argv[1])
data = path.read_bytes()
(image,) = reader_process.find_importer(data[:reader_process.HEAD]).read(path, data)
print(json.dumps(sorted(sys.modules)))
"""
OF_DICOM = {"core.imaging.importers.dicom", "core.imaging.dicom.pixels"}
OF_OTHER_DICOM = {
    "core.imaging.dicom.compression.encapsulated",
    "core.imaging.dicom.palette",
    "core.imaging.dicom.syntax",
    "pydicom",
}
OF_PICTURES = {"core.imaging.importers.picture", "core.imaging.pictures.pages", "PIL.Image"}
OF_OTHERS = {"core.imaging.importers.nifti", "core.imaging.importers.npz", "nibabel", "imagecodecs", "tifffile"}


def modules_that_read(path: Path) -> set[str]:
    done = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, check=True)
    return set(json.loads(done.stdout))


def test_a_plain_dicom_file_loads_neither_codecs_nor_other_formats(tmp_path: Path):
    write_files(tmp_path / "files", 1, edge=60)
    loaded = modules_that_read(tmp_path / "files" / "IM000000.dcm")
    assert loaded >= OF_DICOM
    assert not loaded & (OF_OTHER_DICOM | OF_PICTURES | OF_OTHERS)


@pytest.mark.parametrize("ending", ["png", "jpg", "bmp"])
def test_a_picture_loads_neither_dicom_nor_other_formats(tmp_path: Path, ending: str):
    path = tmp_path / f"picture.{ending}"
    Image.fromarray(np.full((4, 4), 7, np.uint8)).save(path)
    loaded = modules_that_read(path)
    assert loaded >= OF_PICTURES
    assert not loaded & (OF_DICOM | OF_OTHER_DICOM | OF_OTHERS - {"imagecodecs"})


def test_every_format_of_pictures_has_a_reader():
    assert set(picture.READERS) == set(PICTURES.values())
