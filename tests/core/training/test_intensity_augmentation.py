"""Light, sharpness, noise, covering, blending: each alone does what its formula says."""

import math

import pytest
import torch

from core.training.intensity_augmentation import add_noise, apply_intensity, cutout, gaussian_blur, mixup


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_window_changes_width_and_level_of_each_case():
    grey = torch.stack([torch.full((2, 4, 4), 0.25), torch.full((2, 4, 4), 0.75)]).repeat(300, 1, 1, 1)
    seen = apply_intensity(grey, 20.0, generator())[:, 0, 0, 0].view(-1, 2)
    assert torch.equal(apply_intensity(grey, 20.0, generator())[:, 0], apply_intensity(grey, 20.0, generator())[:, 1])
    low, high = seen.unbind(dim=1)
    assert (low - 0.25).abs().max() <= 0.25 * 0.2 + 0.12 + 1e-6
    assert (high - 0.75).abs().max() > 0.15
    contrast, brightness = (2 * torch.rand(2, 600, generator=generator()) - 1).unbind()
    expected = (grey[:, 0, 0, 0] - 0.5) * (1 + 0.2 * contrast) + 0.5 + 0.12 * brightness
    assert torch.allclose(seen.flatten(), expected, atol=1e-6)


def test_light_is_lit_as_it_always_was():
    images = torch.rand(5, 1, 8, 8, generator=generator(1))
    contrast, brightness = (2 * torch.rand(2, 5, 1, 1, 1, generator=generator(7)) - 1).unbind()
    assert torch.equal(
        apply_intensity(images, 10.0, generator(7)), (images - 0.5) * (1 + 0.10 * contrast) + 0.5 + 0.06 * brightness
    )


def test_blur_is_a_gaussian_of_each_cases_own_width():
    point = torch.zeros(40, 1, 41, 41)
    point[:, :, 20, 20] = 1.0
    seen = gaussian_blur(point, 3.0, generator())
    sigma = torch.rand(40, generator=generator()) * 3.0
    places = torch.arange(41) - 20.0
    for image, width in zip(seen, sigma.tolist(), strict=True):
        curve = torch.exp(-0.5 * (places / max(width, 1e-3)) ** 2)
        curve /= curve.sum()
        assert torch.allclose(image[0], curve[:, None] * curve, atol=2e-5)


def test_blur_keeps_an_even_grey_to_its_border():
    assert torch.allclose(
        gaussian_blur(torch.full((4, 2, 20, 20), 0.7), 4.0, generator()), torch.tensor(0.7), atol=1e-5
    )


def test_noise_is_normal_and_of_each_cases_own_strength():
    seen = add_noise(torch.full((30, 2, 64, 64), 0.5), 5.0, generator()) - 0.5
    source = generator()
    torch.randn(128, 128, generator=source)
    strength = torch.rand(30, generator=source) * 0.05
    assert torch.allclose(seen.std(dim=(1, 2, 3)), strength, rtol=0.06)
    standard = seen / strength[:, None, None, None]
    assert abs(float(standard.mean())) < 0.05
    assert float((standard.abs() < 1).float().mean()) == pytest.approx(math.erf(1 / math.sqrt(2)), abs=0.02)
    assert abs(float((standard[:, 0] * standard[:, 1]).mean())) < 0.1  # planes have their own


def test_cutout_covers_one_square_of_the_asked_edge_at_any_place():
    seen = cutout(torch.ones(400, 3, 40, 40), 25.0, generator()) == 0
    assert torch.equal(seen[:, 0], seen[:, 2])
    wide, high = seen[:, 0].any(dim=1).sum(dim=1), seen[:, 0].any(dim=2).sum(dim=1)
    assert torch.equal(seen[:, 0].sum(dim=(1, 2)), wide * high)  # one rectangle, whole
    assert int(wide.max()) == int(high.max()) == 10
    assert int(wide.min()) >= 5  # half over the border at most
    assert (seen.float().mean(dim=(0, 1)) > 0.01).all()  # no place is safe


def test_cutout_covers_all_planes_of_a_case_at_the_same_place():
    seen = cutout(torch.ones(6, 4, 1, 20, 20), 30.0, generator()) == 0
    assert torch.equal(seen[:, 0], seen[:, 3])
    assert not torch.equal(seen[0], seen[1])


@pytest.mark.parametrize("shape", [(300, 1, 6, 6), (300, 3, 1, 6, 6)])
def test_mixup_blends_images_and_says_whose_share(shape):
    images, targets = torch.rand(*shape, generator=generator(1)), torch.arange(300.0)[:, None]
    seen, others, share = mixup(images, targets, generator(), 0.4)
    assert ((share >= 0) & (share <= 1)).all()
    assert sorted(others.flatten().tolist()) == targets.flatten().tolist()
    present = images[others.flatten().long()]
    wide = share.view(-1, *[1] * (len(shape) - 1))
    assert torch.allclose(seen, wide * images + (1 - wide) * present, atol=1e-6)
    # Beta(a, a): mean 1/2, variance 1 / (4 (2a + 1))
    assert float(share.mean()) == pytest.approx(0.5, abs=0.06)
    assert float(share.var()) == pytest.approx(1 / (4 * 1.8), rel=0.15)
    again = mixup(images, targets, generator(), 0.4)
    assert all(torch.equal(a, b) for a, b in zip((seen, others, share), again, strict=True))


def test_mixup_off_changes_nothing_and_absent_planes_stay_absent():
    images, targets = (
        torch.rand(4, 2, 1, 6, 6, generator=generator(1)),
        torch.tensor([[0.0], [1.0], [torch.nan], [1.0]]),
    )
    same, others, share = mixup(images, targets, generator(), 0.0)
    assert same is images
    assert others is targets
    assert share.tolist() == [1.0] * 4
    images[0, 1] = torch.nan
    blended, others, _ = mixup(images, targets, generator(), 0.4)
    assert blended[0, 1].isnan().all()
    assert not blended[:, 0].isnan().any()
    assert int(others.isnan().sum()) == 1
