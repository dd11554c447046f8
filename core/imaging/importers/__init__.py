"""Import images, one module per file format, loaded with the first file of that format.

Law: an importer yields images or raises RejectedFile with one sentence; importers do not use each other.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.imaging.importers import signatures
from core.lazy_modules import LazyModule

if TYPE_CHECKING:
    from core.imaging.decoded_image import DecodedImage
    from core.imaging.importers import dicom, nifti, npz, picture
else:
    dicom = LazyModule("core.imaging.importers.dicom")
    nifti = LazyModule("core.imaging.importers.nifti")
    npz = LazyModule("core.imaging.importers.npz")
    picture = LazyModule("core.imaging.importers.picture")


@dataclass(frozen=True, slots=True)
class Importer:
    """A file format: recognises files by their first bytes and yields their images, from memory if already read."""

    name: str
    recognises: Callable[[bytes], object]
    read: Callable[[Path, bytes | None], "Iterator[DecodedImage]"]


# A DICOM preamble may also be a TIFF header (dual-personality files), so DICM is checked first; a data set without
# preamble has a weak signature and is checked last.
IMPORTERS: tuple[Importer, ...] = (
    Importer("dicom", signatures.has_preamble, lambda path, data: dicom.read(path, data)),
    Importer("picture", signatures.picture_format, lambda path, data: picture.read(path, data)),
    Importer("npz", signatures.is_npz, lambda path, data: npz.read(path, data)),
    Importer("nifti", signatures.is_nifti, lambda path, data: nifti.read(path, data)),
    Importer("dicom", signatures.is_bare, lambda path, data: dicom.read(path, data)),
)
HEAD = 4096


def find_importer(head: bytes) -> Importer | None:
    """Return the importer that recognises the first bytes of a file, else None."""
    return next((importer for importer in IMPORTERS if importer.recognises(head)), None)
