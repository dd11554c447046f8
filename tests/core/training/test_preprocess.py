"""What reaches the model: normalised, at its size, planes of a case alike, each case by its own draw."""

from dataclasses import asdict, fields, replace

import pytest
import torch

from core.training.augmentation_ranges import FLIPS, LIGHT, NONE, STRONG, AugmentationRanges, ranges_of
from core.training.preprocess import Preprocess
from core.training.spec import TrainSpec

CPU = torch.device("cpu")
ALONE = [
    replace(NONE, **{item.name: FLIPS[2] if item.name == "flips" else 10.0})
    for item in fields(AugmentationRanges)
    if item.name != "mixup"  # of two cases, not of one
]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def picture(*shape: int) -> torch.Tensor:
    return (torch.rand(*shape, generator=generator(1)) * 65535).to(torch.int32).to(torch.uint16)


def test_normalised_to_the_training_images():
    pixels = torch.tensor([0, 65535, 32768, 16384], dtype=torch.uint16).view(1, 1, 2, 2)
    result = Preprocess(2, [0.5], [0.25], CPU)(pixels)
    assert result.flatten().tolist() == pytest.approx([-2.0, 2.0, 0.0, -1.0], abs=1e-4)


def test_small_images_are_upsampled_on_the_device():
    pixels = torch.full((3, 2, 28, 28), 1000, dtype=torch.int32).to(torch.uint16)
    result = Preprocess(64, [0.0, 0.0], [1.0, 1.0], CPU)(pixels)
    assert result.shape == (3, 2, 64, 64)
    assert torch.allclose(result, torch.tensor(1000 / 65535))


@pytest.mark.parametrize("amounts", [LIGHT, STRONG, *ALONE], ids=str)
def test_each_case_has_its_own_draw_and_a_seed_repeats_it(amounts):
    image = picture(1, 1, 28, 28).expand(24, 1, 28, 28)
    prepare = Preprocess(40, [0.5], [0.2], CPU, amounts)
    item = prepare(image, generator=generator(3))
    assert item.shape == (24, 1, 40, 40)
    assert torch.equal(item, prepare(image, generator=generator(3)))
    assert not torch.equal(item, prepare(image, generator=generator(4)))
    kinds = {each.numpy().tobytes() for each in item}
    # of mirrorings there are four; and of blurs, two may be too small to be seen
    assert len(kinds) == 4 if amounts.flips != "none" else len(kinds) >= len(item) - 2


def test_without_chance_nothing_is_changed():
    prepare = Preprocess(28, [0.5], [0.2], CPU, STRONG)
    assert torch.equal(prepare(picture(4, 1, 28, 28)), replace(prepare, amounts=NONE)(picture(4, 1, 28, 28)))


def test_a_corner_stays_in_its_corner_unless_flips_are_asked_for():
    pixels = torch.zeros(200, 1, 32, 32, dtype=torch.int32)
    pixels[:, :, 4:8, 4:8] = 65535

    def sides(amounts: AugmentationRanges) -> set[tuple[bool, bool]]:
        quiet = replace(amounts, noise=0.0, cutout=0.0)  # they would hide the corner, not move it
        seen = Preprocess(32, [0.0], [1.0], CPU, quiet)(pixels.to(torch.uint16), generator=generator())
        peak = torch.nn.functional.avg_pool2d(seen, 4, 1).flatten(1).argmax(dim=1)
        return {(int(at) // 29 >= 15, int(at) % 29 >= 15) for at in peak}

    assert sides(LIGHT) == sides(STRONG) == {(False, False)}
    assert sides(replace(LIGHT, flips="left-right")) == {(False, False), (False, True)}
    assert len(sides(replace(LIGHT, flips="left-right and up-down"))) == 4


def test_what_the_form_says_is_what_is_done():
    assert ranges_of(asdict(TrainSpec())) == ranges_of(asdict(TrainSpec(rotation=90.0, noise=5.0))) == LIGHT
    assert ranges_of(asdict(TrainSpec(augment="none", rotation=90.0))) == NONE
    assert ranges_of(asdict(TrainSpec(augment="strong"))) == STRONG
    assert ranges_of(asdict(TrainSpec(augment="custom"))) == LIGHT  # where a person begins
    requested = {one.name: "left-right" if one.name == "flips" else 3.0 for one in fields(AugmentationRanges)}
    assert ranges_of(asdict(TrainSpec(augment="custom", **requested))) == AugmentationRanges(**requested)


def test_planes_of_a_case_are_prepared_as_each_would_be_alone():
    stack = picture(3, 4, 2, 20, 20)
    prepare = Preprocess(32, [0.5, 0.2], [0.25, 0.1], CPU)
    result = prepare(stack)
    assert result.shape == (3, 4, 2, 32, 32)
    for plane in range(4):
        assert torch.allclose(result[:, plane], prepare(stack[:, plane]), atol=1e-6)


def test_all_planes_of_a_case_are_changed_alike_and_cases_are_not():
    stack = picture(2, 1, 1, 20, 20).expand(2, 3, 1, 20, 20).contiguous()
    prepare = Preprocess(20, [0.0], [1.0], CPU, replace(STRONG, noise=0.0))
    result = prepare(stack, generator=generator())
    alone = prepare(stack[:, 0], generator=generator())
    for plane in range(3):
        assert torch.allclose(result[:, plane], alone, atol=1e-6)
    assert not torch.allclose(result[0], result[1])


@pytest.mark.parametrize("amounts", [None, LIGHT, STRONG])
def test_an_absent_plane_is_no_number_and_the_others_do_not_feel_it(amounts):
    stack, present = picture(2, 3, 1, 20, 20), torch.tensor([[True, True, False], [True, True, True]])
    prepare = Preprocess(20, [0.5], [0.25], CPU, amounts or NONE)
    result, whole = (prepare(stack, one, generator=generator() if amounts else None) for one in (present, None))
    assert result[0, 2].isnan().all()
    assert torch.equal(result[present], whole[present])
