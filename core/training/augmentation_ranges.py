"""Ranges of the training augmentation: the presets of `augment`, and the hyperparameters that "custom" uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LEVEL = 0.6  # jitter of the window level, relative to that of the width
FLIPS = ("none", "left-right", "left-right and up-down")


@dataclass(frozen=True, slots=True)
class AugmentationRanges:
    """Largest change of each kind; each case samples its own value between none and this. 0 is off.

    `rotation` and `shear` are in degrees, `blur` in pixels of the model's input, `mixup` is the alpha of its Beta
    distribution, the rest is in percent: of the edge (shift, crop, elastic, cutout), of the size (scale), of white
    (window, noise).
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
        """True where any pixel changes its position."""
        return self.flips != "none" or any((self.rotation, self.shift, self.scale, self.shear, self.crop, self.elastic))

    @property
    def axes(self) -> int:
        """Number of axes that may be flipped: 0, the left–right one, or both."""
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
    """Return the augmentation of a training: the preset of `augment`, else its own hyperparameters."""
    preset = PRESETS.get(knobs["augment"])
    return preset if preset is not None else AugmentationRanges(**{name: knobs[name] for name in KNOBS})
