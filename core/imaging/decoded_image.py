"""Define the image that an importer of one file format yields."""

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from core.imaging.deidentify import Identity
from core.imaging.pixel_format import PixelFormat


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """One image of a file, with samples (frames, rows, columns, channels).

    `item` names it inside an npz archive, `position` orders it in its series, `facts` never identify the patient,
    `notes` are kinds of `core.imaging.notes.NOTES`.
    """

    item: str
    samples: NDArray[Any] = field(repr=False)
    format: PixelFormat
    identity: Identity = field(default_factory=Identity, repr=False)
    facts: dict[str, str] = field(default_factory=dict)
    position: float = 0.0
    label: str | None = None
    notes: tuple[str, ...] = ()
