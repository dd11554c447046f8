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


def planes(cases: int, count: int, channels: int = 1) -> torch.Tensor:
    """Cases of several planes, (cases, count, channels, 20, 20): each plane brighter than the one before."""
    bright = torch.arange(1, count + 1) / (count + 1) * 65535
    each = (
        torch.rand(cases, 1, channels, 20, 20, generator=torch.Generator().manual_seed(1)) * bright[:, None, None, None]
    )
    return each.to(torch.int32).to(torch.uint16)


def test_planes_of_a_case_are_prepared_as_each_would_be_alone():
    stack = planes(3, 4, channels=2)
    prepare = Prepare(32, [0.5, 0.2], [0.25, 0.1], CPU)
    found = prepare(stack)
    assert found.shape == (3, 4, 2, 32, 32)
    for plane in range(4):
        assert torch.allclose(found[:, plane], prepare(stack[:, plane]), atol=1e-6)


def test_all_planes_of_a_case_move_alike_and_cases_do_not():
    stack = planes(2, 1).expand(2, 3, 1, 20, 20).contiguous()
    found = Prepare(20, [0.0], [1.0], CPU)(stack, chance=torch.Generator().manual_seed(0))
    alone = Prepare(20, [0.0], [1.0], CPU)(stack[:, 0], chance=torch.Generator().manual_seed(0))
    for plane in range(3):
        assert torch.allclose(found[:, plane], alone, atol=1e-6)
    assert not torch.allclose(found[0], found[1])


@pytest.mark.parametrize("seed", [None, 0])
def test_an_absent_plane_is_no_number_and_the_others_do_not_feel_it(seed):
    stack, present = planes(2, 3), torch.tensor([[True, True, False], [True, True, True]])
    chance = [None if seed is None else torch.Generator().manual_seed(seed) for _ in range(2)]
    found = Prepare(20, [0.5], [0.25], CPU)(stack, present, chance=chance[0])
    assert found[0, 2].isnan().all()
    assert torch.equal(found[present], Prepare(20, [0.5], [0.25], CPU)(stack, chance=chance[1])[present])
