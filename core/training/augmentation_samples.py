"""Samples of augmented training images as the model sees them, for display before training."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import torch
from numpy.typing import NDArray

from core.training.augmentation_ranges import ranges_of
from core.training.examples import Example, read_image
from core.training.intensity_augmentation import mixup
from core.training.plan import Plan
from core.training.preprocess import Preprocess
from core.training.spec import TrainSpec

COUNT = 8
Picture = NDArray[np.uint8]


def augmented_samples(spec: TrainSpec, planned: Plan, *, count: int = COUNT) -> list[Picture]:
    """Return `count` augmented training cases: grey (size, size) or colour (size, size, 3), 0 is black.

    Augmented by the spec's seed. A case of several images is represented by its main one. Where the model upsamples, so
    do these.

    Raises:
        OSError: an image's pixels are missing.
    """
    chosen = _spread([planned.examples[row] for row in planned.train_once], count)
    pixels = np.stack([read_image(one.picture, size=planned.stored, channels=planned.channels) for one in chosen])
    mean = (pixels.mean(axis=(0, 2, 3)) / 65535.0).tolist()  # the value of cutout regions
    preprocess = Preprocess(planned.size, mean, [1.0] * len(mean), torch.device("cpu"), ranges_of(asdict(spec)))
    generator = torch.Generator().manual_seed(spec.seed)
    images = preprocess(torch.from_numpy(pixels), generator=generator if spec.augment != "none" else None)
    images, _, _ = mixup(images, torch.zeros(len(images), 1), generator, preprocess.amounts.mixup)
    shifted = images + torch.tensor(mean)[:, None, None]
    levels = (shifted.clamp(0, 1) * 255).round().to(torch.uint8).numpy()
    return [one[0] if planned.channels == 1 else np.moveaxis(one, 0, -1) for one in levels]


def _spread(examples: Sequence[Example], count: int) -> list[Example]:
    """Return evenly spaced examples, repeated where there are fewer than `count`."""
    return [examples[at] for at in np.linspace(0, len(examples) - 1, count).round().astype(int)]
