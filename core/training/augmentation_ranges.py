"""How much each training image is changed: the presets of `augment`, and what "custom" reads from the knobs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LEVEL = 0.6  # of the window's jitter: how far the level goes for each part of the width
FLIPS = ("none", "left-right", "left-right and up-down")


@dataclass(frozen=True, slots=True)
class AugmentationRanges:
    """The greatest change of each kind; each case draws its own between none and this. 0 is off.

    Angles are in degrees, `blur` in pixels of the model's input, `mixup` is the alpha of its Beta distribution, all
    else is in percent: of the edge (shift, crop, elastic, cutout), of itself (scale), of white (window, noise).
    """

    rotation: float = 0.0
    shift: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    crop: float = 0.0
    elastic: float = 0.0
    window: float = 0.0
    noise: float = 0.0
    blur: float = 0.0
    cutout: float = 0.0
    mixup: float = 0.0
    flips: str = "none"

    @property
    def is_spatial(self) -> bool:
        """Whether anything changes its place."""
        return self.flips != "none" or any((self.rotation, self.shift, self.scale, self.shear, self.crop, self.elastic))

    @property
    def axes(self) -> int:
        """How many axes may be mirrored: 0, the left-right one, or both."""
        return FLIPS.index(self.flips)


NONE = AugmentationRanges()
LIGHT = AugmentationRanges(rotation=8.0, shift=6.0, scale=8.0, window=10.0)
STRONG = AugmentationRanges(
    rotation=15.0,
    shift=10.0,
    scale=15.0,
    shear=5.0,
    crop=15.0,
    elastic=2.0,
    window=25.0,
    noise=3.0,
    blur=0.8,
    cutout=20.0,
)
PRESETS = {"none": NONE, "light": LIGHT, "strong": STRONG}
KNOBS = tuple(AugmentationRanges.__dataclass_fields__)


def ranges_of(knobs: Mapping[str, Any]) -> AugmentationRanges:
    """Return what a training does to its images: the preset of its knob `augment`, else what its own knobs say."""
    preset = PRESETS.get(knobs["augment"])
    return preset if preset is not None else AugmentationRanges(**{name: knobs[name] for name in KNOBS})
