"""Each method on a network whose answer is known to be decided by one square: found, class by class, at its place."""

import numpy as np
import pytest
import torch

from core.explain import EXPLAINERS, explain
from core.explain.methods.integrated_gradients import integrated
from core.explain.methods.occlusion import missed, patch_of, starts
from core.explain.saliency_map import resize_to_image
from core.explain.targets import target_function
from core.models import MODELS
from tests.core.explain import planted

METHODS = list(MODELS["small_cnn"].explainers)
BY_CLASS = [one for one in METHODS if EXPLAINERS[one].by_class]
CELLS = [(1, 6), (4, 3), (6, 1)]


@pytest.fixture(scope="module")
def model():
    return planted.model()


@pytest.mark.parametrize("method", METHODS)
def test_the_square_that_decides_is_found(model, method):
    for cell in CELLS:
        saliency = explain(model, planted.image(bright=cell), method=method)
        assert saliency.class_index == 1
        assert saliency.values.max() == pytest.approx(1, abs=1e-5)
        assert planted.on(saliency.values, cell), f"{method}: {planted.peak(saliency.values)} for {cell}"


@pytest.mark.parametrize("method", [one for one in BY_CLASS if one != "fullgrad"])
def test_another_class_has_another_map(model, method):
    """A bright and a dark square in one image: each class points at its own, and not at the other's.

    FullGrad adds up absolute values and so shows what mattered, for or against.
    """
    image = planted.image(bright=(1, 1), dark=(6, 6))
    bright, dark = (explain(model, image, method=method, class_index=index).values for index in (1, 2))
    assert planted.on(bright, (1, 1))
    assert planted.on(dark, (6, 6))
    assert bright[48:56, 48:56].mean() < 0.2
    assert dark[8:16, 8:16].mean() < 0.2


@pytest.mark.parametrize("method", METHODS)
def test_an_image_of_nothing_has_no_peak_to_point_at(model, method):
    """A plain grey image decides nothing: the map is all 0, or as flat as rounding; never NaN."""
    saliency = explain(model, torch.zeros(1, 1, planted.SIZE, planted.SIZE), method=method, class_index=1)
    assert np.isfinite(saliency.values).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("change", ["resize", "flip", "crop"])
def test_on_the_original_the_peak_lands_within_one_cell(model, method, change):
    """The square's place in an original that was stretched, mirrored or cut before the model saw it."""
    cell = (2, 5)
    image = planted.image(bright=cell)[0, 0].numpy()
    middle = [(one + 0.5) * planted.CELL for one in cell]  # row, column in the image
    rows, columns = {"resize": (300, 500), "flip": (64, 64), "crop": (40, 48)}[change]
    if change == "resize":
        original = stretch_any(image, rows, columns)
        middle = [middle[0] * rows / 64, middle[1] * columns / 64]
    elif change == "flip":
        original, middle = image[:, ::-1].copy(), [middle[0], 64 - middle[1]]
    else:
        original, middle = image[:rows, 16 : 16 + columns].copy(), [middle[0], middle[1] - 16]
    seen = torch.tensor(stretch_any(original, 64, 64))[None, None]
    saliency = resize_to_image(explain(model, seen, method=method, class_index=1).values, *original.shape)
    hot = np.argwhere(saliency >= 0.98 * saliency.max()).mean(axis=0) + 0.5
    for at, expected, edge in zip(hot, middle, original.shape, strict=True):
        assert abs(at - expected) <= edge / 8, f"{method}: {hot} for {middle}"


def stretch_any(values, rows, columns):
    from core.training.examples import resize as squeezed

    return squeezed(np.ascontiguousarray(values, np.float32), rows, columns)


def test_what_all_pixels_gave_is_what_the_image_says_more_than_grey(model):
    """Completeness (Sundararajan et al. 2017, proposition 1)."""
    image = planted.image(bright=(3, 3), noise=0.3)
    for index in range(3):
        speak = target_function(model.manifest.heads[0], index)
        given = integrated(model.module, image, speak, steps=256)
        with torch.no_grad():
            more = speak(model.module(image)) - speak(model.module(torch.zeros_like(image)))
        assert float(given.sum()) == pytest.approx(float(more), rel=0.01)


def test_occlusion_is_the_mean_loss_of_the_patches_over_a_place(model):
    image = planted.image(bright=(3, 3))
    speak = target_function(model.manifest.heads[0], 1)
    with torch.no_grad():
        whole = float(speak(model.module(image)))
        error = missed(model.module, image, speak, whole)
    patch, place = patch_of(64), (28, 28)
    losses = []
    for row in starts(64):
        for column in starts(64):
            if row <= place[0] < row + patch and column <= place[1] < column + patch:
                covered = image.clone()
                covered[..., row : row + patch, column : column + patch] = 0
                with torch.no_grad():
                    losses.append(whole - float(speak(model.module(covered))))
    assert len(losses) > 1
    assert float(error[place]) == pytest.approx(max(0, np.mean(losses)), rel=1e-4)
    assert starts(64)[-1] + patch == 64
