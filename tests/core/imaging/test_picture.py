"""PNG, JPEG, TIFF and BMP at their full depth."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import RejectedFile
from core.imaging.decoded_image import DecodedImage
from core.imaging.importers import find_importer
from core.imaging.importers.picture import read


def read_single(path: Path) -> DecodedImage:
    (image,) = read(path)
    return image


def test_a_16_bit_ramp_keeps_its_values(tmp_path: Path):
    ramp = np.arange(65_536, dtype=np.uint16).reshape(256, 256)
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    image = read_single(tmp_path / "ramp.png")
    assert np.array_equal(image.samples[0, ..., 0], ramp)
    assert len(np.unique(image.samples)) >= 65_000
    assert (image.format.dtype, image.format.bits) == ("uint16", 16)


def test_a_16_bit_tiff_keeps_its_values(tmp_path: Path):
    ramp = np.arange(65_536, dtype=np.uint16).reshape(256, 256)
    Image.fromarray(ramp).save(tmp_path / "ramp.tif")
    assert np.array_equal(read_single(tmp_path / "ramp.tif").samples[0, ..., 0], ramp)


def test_grey_stored_as_rgba_becomes_one_channel(tmp_path: Path):
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    Image.fromarray(np.dstack([grey, grey, grey, np.full_like(grey, 255)])).save(tmp_path / "grey.png")
    image = read_single(tmp_path / "grey.png")
    assert (image.format.channels, image.format.photometric) == (1, "MONOCHROME2")
    assert np.array_equal(image.samples[0, ..., 0], grey)


def test_colour_stays_colour(tmp_path: Path):
    colour = np.random.default_rng(0).integers(0, 256, (9, 11, 3), dtype=np.uint8)
    Image.fromarray(colour).save(tmp_path / "colour.png")
    image = read_single(tmp_path / "colour.png")
    assert (image.format.channels, image.format.photometric) == (3, "RGB")
    assert np.array_equal(image.samples[0], colour)


def test_black_and_white_uses_the_whole_scale(tmp_path: Path):
    Image.fromarray(np.eye(8, dtype=bool)).save(tmp_path / "mask.png")
    assert np.array_equal(read_single(tmp_path / "mask.png").samples[0, ..., 0], np.eye(8, dtype=np.uint8) * 255)


def test_pages_of_a_tiff_are_frames(tmp_path: Path):
    pages = [np.full((4, 6), grey, dtype=np.uint8) for grey in (1, 2, 3)]
    first, *others = [Image.fromarray(page) for page in pages]
    first.save(tmp_path / "pages.tif", save_all=True, append_images=others)
    image = read_single(tmp_path / "pages.tif")
    assert (image.format.frames, image.format.rows, image.format.columns) == (3, 4, 6)
    assert image.samples[:, 0, 0, 0].tolist() == [1, 2, 3]


def test_pages_that_differ_are_refused(tmp_path: Path):
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(
        tmp_path / "odd.tif", save_all=True, append_images=[Image.fromarray(np.zeros((5, 4), np.uint8))]
    )
    with pytest.raises(RejectedFile, match="pages differ in size"):
        read_single(tmp_path / "odd.tif")


@pytest.mark.parametrize("ending", ["dcm", "jpg", "txt", ""])
def test_the_content_decides_not_the_ending(tmp_path: Path, ending: str):
    path = tmp_path / f"picture.{ending}"
    Image.fromarray(np.full((3, 3), 9, np.uint8)).save(path, format="PNG")
    importer = find_importer(path.read_bytes()[:4096])
    assert importer is not None
    assert importer.name == "picture"
    (image,) = importer.read(path, None)
    assert image.samples.ravel().tolist() == [9] * 9


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_a_truncated_picture_is_refused_with_one_sentence(tmp_path: Path, kind: str, share: float):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "whole", format=kind)
    whole = (tmp_path / "whole").read_bytes()
    (tmp_path / "cut").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(RejectedFile) as refused:
        read_single(tmp_path / "cut")
    assert str(refused.value).count(".") == 1
    assert str(refused.value).endswith("decoded.")


def test_a_decompression_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    Image.fromarray(np.zeros((50, 50), np.uint8)).save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000)
    with pytest.raises(RejectedFile, match="too many pixels to decode safely"):
        read_single(tmp_path / "bomb.png")


def test_a_real_x_ray_keeps_the_greys_that_pillow_shows(data_dir: Path):
    path = sorted((data_dir / "cxr" / "nih64").glob("*.png"))[0]
    with Image.open(path) as picture:
        expected = np.asarray(picture.convert("RGB"))[..., 0]
    assert np.array_equal(read_single(path).samples[0, ..., 0], expected)
