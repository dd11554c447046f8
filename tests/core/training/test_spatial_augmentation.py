"""Places: what is planted lands where the draw says, and nowhere else."""

import math
from dataclasses import replace

import pytest
import torch

from core.training.augmentation_ranges import LIGHT, NONE, AugmentationRanges
from core.training.spatial_augmentation import POINTS, interpolate_bspline, sample_affine, sample_elastic_grid, warp

SIZE = 64
MANY = AugmentationRanges(rotation=30.0, shift=15.0, scale=20.0, shear=10.0, crop=20.0, flips="left-right and up-down")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def dot(at: tuple[float, float], count: int = 1) -> torch.Tensor:
    """A soft dot at (across, down) in -1..1."""
    places = (torch.arange(SIZE) + 0.5) / SIZE * 2 - 1
    far = (places[None, :] - at[0]) ** 2 + (places[:, None] - at[1]) ** 2
    return torch.exp(-far / (2 * 0.06**2)).expand(count, 1, SIZE, SIZE)


def centre(image: torch.Tensor) -> tuple[float, float]:
    places, share = (torch.arange(SIZE) + 0.5) / SIZE * 2 - 1, image / image.sum()
    return float((share.sum(dim=0) * places).sum()), float((share.sum(dim=1) * places).sum())


@pytest.mark.parametrize(
    "amounts",
    [
        LIGHT,
        MANY,
        *[
            replace(NONE, **{name: getattr(MANY, name)})
            for name in ("rotation", "shift", "scale", "shear", "crop", "flips")
        ],
    ],
    ids=str,
)
def test_a_planted_dot_lands_where_the_map_says(amounts):
    at = (0.25, -0.15)
    seen, moves = warp(dot(at, 20), SIZE, amounts, generator()), sample_affine(20, generator(), amounts)
    for image, move in zip(seen, moves, strict=True):
        # the map goes from the result to the image: the dot is where it gives the dot's place
        expected = torch.linalg.solve(move[:, :2], torch.tensor(at) - move[:, 2])
        assert centre(image[0]) == pytest.approx(expected.tolist(), abs=0.6 * 2 / SIZE)


def test_moves_are_no_larger_than_asked_and_never_a_flip():
    moves = sample_affine(2000, generator(), LIGHT)
    linear, shift = moves[:, :, :2], moves[:, :, 2]
    zoom = torch.linalg.det(linear).sqrt()
    assert (torch.linalg.det(linear) > 0).all()
    assert zoom.min() >= 0.92 - 1e-6
    assert zoom.max() <= 1.08 + 1e-6
    assert shift.abs().max() <= 0.12 + 1e-6
    angle = torch.atan2(linear[:, 1, 0], linear[:, 0, 0])
    assert angle.abs().max() <= math.radians(8.0) + 1e-6
    assert angle.std() > math.radians(8.0) / 3


def test_light_is_what_it_always_was():
    """Runs of an older Rounds resume: the same seed must move an image as it did then."""
    turn, scale, across, down = (2 * torch.rand(4, 50, generator=generator(7)) - 1).unbind()
    angle, zoom = turn * math.radians(8.0), 1 + scale * 0.08
    cosine, sine = zoom * angle.cos(), zoom * angle.sin()
    rows = [cosine, -sine, 2 * 0.06 * across, sine, cosine, 2 * 0.06 * down]
    assert torch.equal(sample_affine(50, generator(7), LIGHT), torch.stack(rows, dim=1).view(50, 2, 3))


def test_a_crop_shows_a_part_of_the_picture_and_nothing_beyond_it():
    moves = sample_affine(500, generator(), replace(NONE, crop=40.0))
    width, height, place = moves[:, 0, 0], moves[:, 1, 1], moves[:, :, 2]
    assert width.min() >= 0.6 - 1e-6
    assert width.max() <= 1.0
    assert width.std() > 0.1
    assert (width - height).abs().max() > 0.3  # each side by its own draw
    edges = place.abs() + torch.stack([width, height], dim=1)
    assert edges.max() <= 1 + 1e-6
    white = torch.ones(8, 1, SIZE, SIZE)
    assert warp(white, SIZE, replace(NONE, crop=40.0), generator())[:, :, 1:-1, 1:-1].min() > 1 - 1e-5


def test_half_of_the_images_are_mirrored_exactly():
    image = torch.rand(1, 1, SIZE, SIZE, generator=generator(2)).expand(200, 1, SIZE, SIZE)
    seen = warp(image, SIZE, replace(NONE, flips="left-right"), generator())
    mirrored = [torch.allclose(one, image[0].flip(-1), atol=1e-4) for one in seen]
    same = [torch.allclose(one, image[0], atol=1e-4) for one in seen]
    assert all(a != b for a, b in zip(mirrored, same, strict=True))
    assert 70 < sum(mirrored) < 130


def test_elastic_pulls_each_place_as_its_field_says():
    amounts, ramp = replace(NONE, elastic=8.0), ((torch.arange(SIZE) + 0.5) / SIZE).expand(6, 1, SIZE, SIZE)
    source = generator()
    sample_affine(6, source, amounts)
    field = interpolate_bspline(sample_elastic_grid(6, source, 8.0), SIZE)
    seen = warp(ramp, SIZE, amounts, generator())
    inner = slice(10, -10)  # at the border black comes in
    assert torch.allclose(seen[:, 0, inner, inner], (ramp[:, 0] + field[:, 0])[:, inner, inner], atol=1e-4)
    assert field.abs().max() <= 0.08
    assert field.std() > 0.01


def test_the_elastic_field_is_smooth_and_cannot_fold():
    even = interpolate_bspline(torch.full((1, 2, POINTS + 3, POINTS + 3), 0.1), 50)
    assert torch.allclose(even, torch.tensor(0.1), atol=1e-6)  # the shares sum to 1
    worst = torch.full((1, 2, POINTS + 3, POINTS + 3), 0.1)
    worst[:, :, :, 1::2] *= -1
    slope = interpolate_bspline(worst, 200).diff(dim=-1) * 200
    assert slope.min() > -1  # else a place would pass its neighbour
    assert slope.diff(dim=-1).abs().max() < 0.1  # and no kink


def test_a_small_image_is_upsampled_on_the_way():
    assert warp(torch.ones(2, 3, 16, 16), 40, LIGHT, generator()).shape == (2, 3, 40, 40)
