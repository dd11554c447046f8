"""The real images as Rounds reads them, and the programs that are asked about them."""

import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest

from core.errors import RejectedFile
from core.imaging.decoded_image import DecodedImage
from core.imaging.importers import HEAD, find_importer


def program(name: str) -> str:
    """Its path. Absent, the tests skip by name; on CI absence is a failure."""
    path = shutil.which(name)
    if path is None:
        message = f"no {name}; install it with: apt-get install dcmtk dcm2niix"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    return path


def read_file(path: Path) -> DecodedImage | None:
    """The image of a file, None where it is refused."""
    data = path.read_bytes()
    importer = find_importer(data[:HEAD])
    try:
        return None if importer is None else next(importer.read(path, data))
    except RejectedFile:
        return None


def header_of(path: Path) -> Any:
    """The data set of a DICOM file as pydicom reads it, without its pixels and without its warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(path, force=True, stop_before_pixels=True)


def images_in(data_dir: Path, *folders: str) -> Iterator[tuple[str, Path, DecodedImage]]:
    """Name below the real images, path and image of each file that is imported."""
    for path in sorted(path for folder in folders for path in (data_dir / folder).rglob("*") if path.is_file()):
        image = read_file(path)
        if image is not None:
            yield path.relative_to(data_dir).as_posix(), path, image
