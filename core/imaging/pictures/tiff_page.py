"""Read one page of a TIFF: its channels, their colour model and their depth."""

from typing import Any

import numpy as np

from core.errors import RejectedFile
from core.imaging.pictures.tiff_palette import palette_colours
from core.imaging.voi_lut import Array

# Values of TIFF 6.0 and its supplements
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, MASK = 0, 1, 2, 3, 4
SEPARATED, YCBCR, LABS = 5, 6, (8, 9, 10)
OLD_JPEG, JPEG = 6, 7  # compression
ALPHA = (1, 2)  # of ExtraSamples
COLOURS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, YCBCR: 3, PALETTE: 1, MASK: 1}
NAMES = {
    **{SEPARATED: "print colours (CMYK) of more than 8 bits", **dict.fromkeys(LABS, "Lab colours of more than 8 bits")},
    **{
        32803: "raw data of a camera's sensor",
        34892: "raw data of a camera",
        32844: "LogL greys",
        32845: "LogLuv colours",
    },
}


def read_planes(page: Any, notes: dict[str, None]) -> list[Array]:
    """Return the pictures of one page: one, or the slices of a page with depth."""
    if page.dtype is None:
        raise RejectedFile(
            f"has {page.bitspersample}-bit samples of a type that no reader supports; save it with 8, 16 or 32 bits."
        )
    planes = page.asarray(squeeze=False)  # (separate channels, depth, rows, columns, channels)
    planes = np.moveaxis(planes, 0, -2).reshape(*planes.shape[1:4], -1)
    return [read_channels(plane, page, notes) for plane in planes]


def read_channels(plane: Array, page: Any, notes: dict[str, None]) -> Array:
    """Return (rows, columns, channels) with the colours and at most an alpha channel, of at least 8 bits."""
    plane = plane if plane.ndim == 3 else plane[..., np.newaxis]
    kind, bits = int(page.photometric), page.bitspersample
    if kind not in COLOURS:
        raise RejectedFile(
            f"has {NAMES.get(kind, f'colour model {kind}')}, which Rounds does not read; save RGB or grey."
        )
    colours = COLOURS[kind]
    if colours == 1 and plane.shape[2] > 2:
        raise RejectedFile(f"has {plane.shape[2]} grey channels per pixel; save each channel as a separate page.")
    has_alpha = plane.shape[2] > colours and (tuple(page.extrasamples) or (0,))[0] in ALPHA
    if plane.shape[2] - has_alpha > colours:
        notes["extra_channel"] = None
    plane = plane[..., : colours + has_alpha]
    if kind == PALETTE:
        return palette_colours(plane[..., 0], page.colormap)
    if bits in (1, 2, 4):  # greys over the whole scale
        return plane.astype(np.uint8) * np.uint8(255 // ((1 << bits) - 1))
    return plane


def stored_bits(page: Any, array: Array) -> int:
    """Return the depth of the channels as `read_planes` returns them."""
    scaled = page.bitspersample < 8 or int(page.photometric) == PALETTE or array.dtype.kind != "u"
    return array.dtype.itemsize * 8 if scaled or array.dtype == np.uint8 else int(page.bitspersample)


def is_for_pillow(page: Any) -> bool:
    """Return whether the colours need a conversion that tifffile leaves to its caller."""
    kind, compression = int(page.photometric), int(page.compression)
    if page.bitspersample == 8 and kind in (SEPARATED, *LABS):
        return True
    return compression == OLD_JPEG or (kind == YCBCR and compression != JPEG)
