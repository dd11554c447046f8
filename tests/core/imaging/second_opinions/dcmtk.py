"""Pictures as dcmtk draws them."""

import subprocess
from pathlib import Path

import numpy as np

from core.imaging.pixel_format import PixelFormat
from tests.core.imaging.second_opinions.images import header_of, program

PREFIX = "1.2.840.10008.1.2.4."
PROGRAMS = {**dict.fromkeys(("50", "51", "57", "70"), "dcmj2pnm"), **dict.fromkeys(("80", "81"), "dcml2pnm")}


def draw(path: Path, format: PixelFormat, frame: int, *, bits: int = 8, scale: float = 1.0) -> np.ndarray | None:
    """One stored frame in the window of a format, divided by `scale`, as greys or colours; None if dcmtk cannot."""
    syntax = str(header_of(path).file_meta.get("TransferSyntaxUID", ""))
    name = program(PROGRAMS.get(syntax.removeprefix(PREFIX), "dcm2pnm"))
    kind = "--write-raw-pnm" if bits == 8 else "--write-16-bit-pnm"
    at = str(format.file_frame(frame) + 1)
    made = subprocess.run([name, "-q", *_window(format, scale), "-O", kind, "+F", at, path], capture_output=True)
    return _samples(made.stdout) if made.returncode == 0 and made.stdout else None


def _window(format: PixelFormat, scale: float) -> list[str]:
    """Options of a window. dcmtk has no LINEAR_EXACT, but LINEAR of center + 0.5 and width + 1 is the same line."""
    if format.channels == 3:
        return []
    center, width = format.window_center / scale, format.window_width / scale
    if format.voi_function == "LINEAR_EXACT":
        center, width = center + 0.5, width + 1.0
    return ["+Ww", repr(center), repr(width), "+Wfs" if format.voi_function == "SIGMOID" else "+Wfl"]


def _samples(pnm: bytes) -> np.ndarray:
    """The samples of a PGM or PPM: text where its number is below 4, else bytes."""
    magic, columns, rows, most = _head(pnm)
    shape = (rows, columns, 3) if magic in (b"P3", b"P6") else (rows, columns)
    if magic in (b"P2", b"P3"):
        return np.array(pnm.split()[-int(np.prod(shape)) :], dtype=np.int64).reshape(shape)
    cell = np.dtype("u1" if most < 256 else ">u2")
    size = int(np.prod(shape)) * cell.itemsize
    return np.frombuffer(pnm[-size:], cell).reshape(shape).astype(np.int64)


def _head(pnm: bytes) -> tuple[bytes, int, int, int]:
    magic, columns, rows, most = pnm[:80].split(maxsplit=4)[:4]
    return magic, int(columns), int(rows), int(most)
