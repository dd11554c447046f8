"""What reaches the model: normalised, at its size, moved a little and never flipped."""

import pytest
import torch

from core.training.augment import SCALE, SHIFT, TURN, Prepare, draw_moves

CPU = torch.device("cpu")


def test_normalised_to_the_training_images():
    pixels = torch.tensor([0, 65535, 32768, 16384], dtype=torch.uint16).view(1, 1, 2, 2)
    found = Prepare(2, [0.5], [0.25], CPU)(pixels)
    assert found.flatten().tolist() == pytest.approx([-2.0, 2.0, 0.0, -1.0], abs=1e-4)


def test_small_images_are_upsampled_on_the_device():
    pixels = torch.full((3, 2, 28, 28), 1000, dtype=torch.int32).to(torch.uint16)
    found = Prepare(64, [0.0, 0.0], [1.0, 1.0], CPU)(pixels)
    assert found.shape == (3, 2, 64, 64)
    assert torch.allclose(found, torch.tensor(1000 / 65535))


def test_moves_are_small_and_never_a_flip():
    moves = draw_moves(2000, torch.Generator().manual_seed(0))
    linear, shift = moves[:, :, :2], moves[:, :, 2]
    zoom = torch.linalg.det(linear).sqrt()
    assert (torch.linalg.det(linear) > 0).all()
    assert zoom.min() >= 1 - SCALE - 1e-6
    assert zoom.max() <= 1 + SCALE + 1e-6
    assert shift.abs().max() <= 2 * SHIFT
    angle = torch.atan2(linear[:, 1, 0], linear[:, 0, 0])
    assert angle.abs().max() <= TURN + 1e-6
    assert angle.std() > TURN / 3


def test_each_image_has_its_own_draw_and_a_seed_repeats_it():
    image = (torch.rand(1, 1, 28, 28) * 65535).to(torch.int32).to(torch.uint16).expand(2, 1, 28, 28)
    prepare = Prepare(28, [0.5], [0.2], CPU)
    one = prepare(image, chance=torch.Generator().manual_seed(3))
    assert not torch.allclose(one[0], one[1])
    assert torch.equal(one, prepare(image, chance=torch.Generator().manual_seed(3)))
    assert not torch.equal(one, prepare(image, chance=torch.Generator().manual_seed(4)))


def test_a_corner_stays_in_its_corner():
    pixels = torch.zeros(200, 1, 32, 32, dtype=torch.int32)
    pixels[:, :, 4:8, 4:8] = 65535
    moved = Prepare(32, [0.0], [1.0], CPU)(pixels.to(torch.uint16), chance=torch.Generator().manual_seed(0))
    peak = torch.nn.functional.avg_pool2d(moved, 4, 1).flatten(1).argmax(dim=1)
    assert int((peak // 29).max()) < 16
    assert int((peak % 29).max()) < 16
