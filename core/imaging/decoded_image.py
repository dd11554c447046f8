"""Define the image that an importer of one file format yields."""

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from core.imaging.deidentify import Identity
from core.imaging.pixel_format import PixelFormat
from core.imaging.stacks import SliceAttributes


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """One image of a file, with samples (frames, rows, columns, channels).

    `item` names it inside an npz archive, `attributes` place it in a stack, `facts` never identify the patient,
    `notes` are kinds of `core.imaging.notes.NOTES`.
    """

    item: str
    samples: NDArray[Any] = field(repr=False)
    format: PixelFormat
    identity: Identity = field(default_factory=Identity, repr=False)
    facts: dict[str, str] = field(default_factory=dict)
    attributes: SliceAttributes | None = None
    label: str | None = None
    notes: tuple[str, ...] = ()
