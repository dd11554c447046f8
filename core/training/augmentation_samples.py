"""A few training pictures as the model will meet them: changed as asked, so that a person sees it before training."""

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
    """So many training cases, changed by the spec's own seed: grey (size, size) or colour (size, size, 3), 0 black.

    Of a case of several pictures, the one that stands for it. Where the model has them upsampled, so are these.

    Raises:
        OSError: an image's pixels are gone.
    """
    chosen = _spread([planned.examples[row] for row in planned.train_once], count)
    pixels = np.stack([read_image(one.picture, size=planned.stored, channels=planned.channels) for one in chosen])
    mean = (pixels.mean(axis=(0, 2, 3)) / 65535.0).tolist()  # what a covered place shows
    prepare = Preprocess(planned.size, mean, [1.0] * len(mean), torch.device("cpu"), ranges_of(asdict(spec)))
    chance = torch.Generator().manual_seed(spec.seed)
    images = prepare(torch.from_numpy(pixels), chance=chance if spec.augment != "none" else None)
    images, _, _ = mixup(images, torch.zeros(len(images), 1), chance, prepare.amounts.mixup)
    lit = images + torch.tensor(mean)[:, None, None]
    greys = (lit.clamp(0, 1) * 255).round().to(torch.uint8).numpy()
    return [one[0] if planned.channels == 1 else np.moveaxis(one, 0, -1) for one in greys]


def _spread(examples: Sequence[Example], count: int) -> list[Example]:
    """Evenly over all, each again where there are fewer."""
    return [examples[at] for at in np.linspace(0, len(examples) - 1, count).round().astype(int)]
