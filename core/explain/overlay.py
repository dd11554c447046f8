"""A map over its image as a PNG. Where the map is 0 the image stays as it is, so that coldness hides no anatomy."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput
from core.explain.saliency_map import Values, resize_to_image

# inferno (van der Walt & Smith 2015, CC0) at ten even steps: even in lightness, safe for colour-blind eyes
_INFERNO = "000004 1b0c41 4a0c6b 781c6d a52c60 cf4446 ed6925 fb9b06 f7d13d fcffa4"


def inferno() -> NDArray[np.uint8]:
    """256 colours from black to pale yellow, (256, 3)."""
    anchors = np.array([list(bytes.fromhex(one)) for one in _INFERNO.split()], dtype=np.float64)
    at = np.linspace(0, len(anchors) - 1, 256)
    table = np.stack([np.interp(at, np.arange(len(anchors)), anchors[:, channel]) for channel in range(3)], axis=1)
    return np.round(table).astype(np.uint8)


def overlay(image: NDArray[np.uint8], values: Values, *, opacity: float = 0.45) -> NDArray[np.uint8]:
    """Colour (rows, columns, 3) of a grey (rows, columns) or colour image under a map of any size in [0, 1].

    Raises:
        InvalidInput: an opacity outside 0 to 1.
    """
    if not 0.0 <= opacity <= 1.0:
        raise InvalidInput(f"Opacity is {opacity:g}; give a number from 0 to 1.")
    colour = np.repeat(image[..., None], 3, axis=2) if image.ndim == 2 else image
    heat = resize_to_image(values, image.shape[0], image.shape[1])
    painted = inferno()[np.round(heat * 255).astype(np.uint8)]
    cover = (opacity * heat)[..., None]
    return np.round(colour * (1 - cover) + painted * cover).astype(np.uint8)


def overlay_png(image: NDArray[np.uint8], values: Values, *, opacity: float = 0.45) -> bytes:
    """`overlay` as the bytes of a PNG.

    Raises:
        InvalidInput: an opacity outside 0 to 1.
    """
    from PIL import Image as Picture

    file = BytesIO()
    Picture.fromarray(overlay(image, values, opacity=opacity)).save(file, format="PNG")
    return file.getvalue()
