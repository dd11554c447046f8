"""Decode TIFF and BigTIFF: every depth, integer or floating-point, with its polarity and orientation."""

import struct
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import RejectedFile
from core.imaging.pictures.orientation import TAG, check_orientation, turn_upright
from core.imaging.pictures.pages import PicturePages, check_pixels, require_channels
from core.imaging.pictures.pillow import read_pages
from core.imaging.pictures.tiff_page import WHITE_IS_ZERO, YCBCR, is_for_pillow, read_channels, read_planes, stored_bits
from core.imaging.voi_lut import Array

PREVIEW = 1 | 4  # of NewSubfileType: a reduced copy, a transparency mask


def read_tiff(source: Path | BytesIO) -> PicturePages:
    """Return all pages; previews of them are left out."""
    import tifffile

    with tifffile.TiffFile(source) as tiff:
        every: list[Any] = [tiff.pages[number] for number in range(len(tiff.pages))]
        _check_complete(tiff, every)
        numbers = [n for n, page in enumerate(every) if not int(page.subfiletype) & PREVIEW] or list(range(len(every)))
        chosen = [every[number] for number in numbers]
        _check_alike(chosen)
        has_previews = len(numbers) < len(every) or any(page.subifds for page in chosen)
        notes: dict[str, None] = {"previews": None} if has_previews else {}
        arrays = _decode(tiff, source, chosen, numbers, notes)
        pages = require_channels(arrays)
        if len(pages) > 1:
            notes["frames"] = None
        return PicturePages(
            pages=pages,
            bits=stored_bits(chosen[0], pages[0]),
            decoder=f"tifffile {tifffile.__version__}",
            inverted=int(chosen[0].photometric) == WHITE_IS_ZERO,
            notes=tuple(notes),
        )


def _check_alike(pages: list[Any]) -> None:
    if len(bits := {page.bitspersample for page in pages}) > 1:
        depths = ", ".join(map(str, sorted(bits)))
        raise RejectedFile(f"is a file whose pages differ in depth ({depths} bits); save each as a separate file.")
    if len({(int(page.photometric) == WHITE_IS_ZERO, is_for_pillow(page)) for page in pages}) > 1:
        raise RejectedFile("is a file whose pages differ in colour model or polarity; save each as a separate file.")


def _decode(tiff: Any, source: Any, chosen: list[Any], numbers: list[int], notes: dict[str, None]) -> list[Array]:
    for page in chosen:
        check_pixels(page.imagewidth, page.imagelength)
    orientations = [_orientation(page, notes) for page in chosen]
    if is_for_pillow(chosen[0]):
        if int(chosen[0].photometric) != YCBCR:
            notes["print_colours"] = None
        return [page if page.ndim == 3 else page[..., np.newaxis] for page in read_pages(_again(source), numbers)]
    if len(tiff.pages) == 1 and (series := _longer_series(tiff, notes)) is not None:
        stack = series.asarray().reshape(-1, *chosen[0].shape)
        return [turn_upright(read_channels(page, chosen[0], notes), orientations[0]) for page in stack]
    decoded = zip(chosen, orientations, strict=True)
    return [turn_upright(one, turn) for page, turn in decoded for one in read_planes(page, notes)]


def _longer_series(tiff: Any, notes: dict[str, None]) -> Any:
    """Return the frames that ImageJ writes after the only page that it lists; None without any."""
    try:
        series, promised = tiff.series[0], int((tiff.imagej_metadata or {}).get("images", 1))
    except Exception:  # a damaged description costs what it describes, not the page
        notes["extras"] = None
        return None
    is_longer = bool(series.size > tiff.pages[0].size)
    if is_longer and series.nbytes <= tiff.filehandle.size - tiff.pages[0].dataoffsets[0]:
        return series
    if is_longer or promised > 1:
        notes["missing_frames"] = None
    return None


def _orientation(page: Any, notes: dict[str, None]) -> int:
    tag = page.tags.get(TAG)
    orientation, noticed = check_orientation(int(tag.value)) if tag is not None else (1, ())
    notes.update(dict.fromkeys(noticed))
    return orientation


def _again(source: Path | BytesIO) -> Path | BytesIO:
    return source if isinstance(source, Path) else BytesIO(source.getvalue())


def _check_complete(tiff: Any, pages: list[Any]) -> None:
    """Check that all bytes of all pages are in the file, for which tifffile would put zeros."""
    size = tiff.filehandle.size
    for page in pages:
        segments = zip(page.dataoffsets, page.databytecounts, strict=False)
        if any(offset + count > size for offset, count in segments) or not page.dataoffsets:
            raise RejectedFile("is a damaged or truncated picture and cannot be decoded.")
    if not pages or _next_page(tiff, pages[-1].offset):
        raise RejectedFile("is a damaged or truncated picture and cannot be decoded.")


def _next_page(tiff: Any, offset: int) -> int:
    """Return the offset of the page after the last one that tifffile lists; it stops at a damaged one."""
    form, file = tiff.tiff, tiff.filehandle
    file.seek(offset)
    (count,) = struct.unpack(form.tagnoformat, file.read(form.tagnosize))
    file.seek(offset + form.tagnosize + count * form.tagsize)
    return int(struct.unpack(form.offsetformat, file.read(form.offsetsize))[0])
