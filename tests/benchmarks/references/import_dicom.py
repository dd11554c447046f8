"""A folder of DICOM into SQLite with pydicom and Pillow: hash, tags, copy, thumbnail, row, commit, file by file."""

import hashlib
import json
import shutil
import sqlite3
import sys
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image

SCHEMA = "CREATE TABLE image (id INTEGER PRIMARY KEY, sha256 TEXT UNIQUE, name TEXT, patient TEXT, tags TEXT)"


def main(folder: Path, home: Path) -> None:
    for name in ("originals", "thumbnails"):
        (home / name).mkdir(parents=True)
    catalogue = sqlite3.connect(home / "catalogue.sqlite")
    catalogue.execute(SCHEMA)
    for path in sorted(folder.iterdir()):
        take(path, home, catalogue)
    catalogue.close()


def take(path: Path, home: Path, catalogue: sqlite3.Connection) -> None:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    header = pydicom.dcmread(path)
    tags = {one.keyword or str(one.tag): str(one.value) for one in header if one.keyword != "PixelData"}
    shutil.copyfile(path, home / "originals" / f"{sha256}.dcm")
    picture = Image.fromarray(grey(header))
    picture.thumbnail((256, 256))
    picture.save(home / "thumbnails" / f"{sha256}.png")
    row = (sha256, path.name, str(header.PatientID), json.dumps(tags))
    catalogue.execute("INSERT INTO image (sha256, name, patient, tags) VALUES (?, ?, ?, ?)", row)
    catalogue.commit()


def grey(header: pydicom.Dataset) -> np.ndarray:
    """8 bit, at the file's own window."""
    values = header.pixel_array.astype(np.float32) * float(header.RescaleSlope) + float(header.RescaleIntercept)
    low = float(header.WindowCenter) - float(header.WindowWidth) / 2
    return np.clip((values - low) / float(header.WindowWidth) * 255, 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
