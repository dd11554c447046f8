"""Pictures lie as they are meant, and 0 is shown white where the file says so."""

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from core.imaging.voi_lut import to_grey
from tests.core.imaging.pictures.drawn import chunk, exif_orientation, png, read_single, scene, values

TURNS = range(1, 9)


def upright(stored: np.ndarray, orientation: int) -> np.ndarray:
    """Return what Pillow makes of it."""
    picture = Image.fromarray(stored)
    picture.getexif()[274] = orientation
    return np.asarray(ImageOps.exif_transpose(picture))


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_turns_a_jpeg_and_a_png(tmp_path: Path, orientation: int, order: str):
    stored, block = scene(), exif_orientation(orientation, order)
    Image.fromarray(stored).save(tmp_path / "x.jpg", quality=100, exif=b"Exif\0\0" + block)
    image = read_single(tmp_path / "x.jpg")
    assert np.abs(image.samples[0, ..., 0].astype(int) - upright(stored, orientation)).max() <= 3
    assert image.notes == (() if orientation == 1 else ("turned",))
    for number, place in enumerate(("chunks", "late")):
        for deep in (stored, stored.astype(np.uint16) * 200):
            for colour, array in ((0, deep), (2, np.stack([deep] * 3, axis=-1))):
                path = png(tmp_path / f"{number}.png", array, colour=colour, **{place: (chunk(b"eXIf", block),)})
                image = read_single(path)
                assert np.array_equal(image.samples[0, ..., 0], upright(deep.astype(np.int32), orientation))
                assert image.notes == (() if orientation == 1 else ("turned",))


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("name", ["uint8", "uint16", "int16", "float32"])
def test_the_orientation_of_a_tiff_is_applied_to_all_pages(tmp_path: Path, orientation: int, name: str):
    stored = np.stack([scene(dtype=name), scene(dtype=name)[::-1]])
    tifffile.imwrite(tmp_path / "x.tif", stored, photometric="minisblack", extratags=[(274, 3, 1, orientation, False)])
    image = read_single(tmp_path / "x.tif")
    expected = [upright(page.astype(np.int32), orientation) for page in stored]
    assert np.array_equal(np.round(values(image)[..., 0]), expected)
    assert ("turned" in image.notes) == (orientation != 1)


@pytest.mark.parametrize("block", [b"", b"II*\0", b"MM\0*\xff\xff\xff\xff", b"rubbish" * 9, exif_orientation(77)])
def test_broken_exif_never_costs_the_picture(tmp_path: Path, block: bytes):
    Image.fromarray(scene()).save(tmp_path / "x.jpg", quality=100, exif=b"Exif\0\0" + block)
    assert read_single(tmp_path / "x.jpg").samples.shape == (1, 9, 14, 1)
    for depth in (np.uint8, np.uint16):
        path = png(
            tmp_path / "x.png", np.stack([scene().astype(depth)] * 3, -1), colour=2, chunks=(chunk(b"eXIf", block),)
        )
        assert read_single(path).samples.shape == (1, 9, 14, 1)


def test_an_orientation_that_does_not_exist_is_noted(tmp_path: Path):
    Image.fromarray(scene()).save(tmp_path / "x.jpg", exif=b"Exif\0\0" + exif_orientation(77))
    assert read_single(tmp_path / "x.jpg").notes == ("exif",)


def test_a_deep_jpeg_is_turned_too(tmp_path: Path):
    data = bytes(imagecodecs.jpeg_encode(scene(dtype="uint16", top=4000), lossless=True, bitspersample=12))
    block = b"Exif\0\0" + exif_orientation(6)
    marked = data[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + data[2:]
    (tmp_path / "x.jpg").write_bytes(marked)
    image = read_single(tmp_path / "x.jpg")
    assert np.array_equal(image.samples[0, ..., 0], upright(scene(dtype="uint16", top=4000).astype(np.int32), 6))
    assert image.notes == ("turned",)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("name", ["uint8", "uint16", "uint32", "int16", "float32"])
def test_white_is_zero_is_shown_so(tmp_path: Path, name: str, order: str):
    array = np.tile(np.linspace(0, 200, 64), (16, 1)).astype(name)
    greys = {}
    for photometric in ("miniswhite", "minisblack"):
        tifffile.imwrite(tmp_path / "x.tif", array, byteorder=order, photometric=photometric)
        image = read_single(tmp_path / "x.tif")
        assert np.allclose(values(image)[0, ..., 0], array, atol=image.format.slope)
        greys[photometric] = to_grey(image.samples[0], image.format)
    assert greys["miniswhite"][0, 0] == 255
    assert np.abs(greys["miniswhite"].astype(int) - (255 - greys["minisblack"])).max() <= 1


def test_a_fax_page_of_one_bit_has_black_and_white_as_meant(tmp_path: Path):
    bits = np.eye(16, dtype=bool)
    for photometric, ink in (("miniswhite", 0), ("minisblack", 255)):
        tifffile.imwrite(tmp_path / "x.tif", bits, photometric=photometric)
        image = read_single(tmp_path / "x.tif")
        assert (to_grey(image.samples[0], image.format)[bits] == ink).all()


def turned_jxl(data: bytes, orientation: int) -> bytes:
    """Put an orientation into the header of a small lossless JPEG XL picture: 22 bits, its fields by default."""
    bits = [byte >> at & 1 for byte in data[2:5] for at in range(8)]
    size, depth_to_colour, rest = bits[:10], bits[11:19], bits[19:22]
    extra = [1, *(orientation - 1 >> at & 1 for at in range(3)), 0, 0, 0]
    changed = [*size, *extra, *depth_to_colour, 1, *rest]
    return data[:2] + sum(bit << at for at, bit in enumerate(changed)).to_bytes(4, "little") + data[5:]


@pytest.mark.parametrize("orientation", TURNS)
def test_a_turn_that_the_decoder_undoes_is_noted(tmp_path: Path, orientation: int):
    array = np.stack([scene(16, 24), scene(16, 24)[::-1], scene(16, 24)[:, ::-1]], axis=-1)
    data = imagecodecs.jpegxl_encode(array, lossless=True)
    (tmp_path / "x.jxl").write_bytes(turned_jxl(data, orientation))
    image = read_single(tmp_path / "x.jxl")
    assert np.array_equal(image.samples[0], upright(array, orientation))
    assert image.notes == (("turned",) if orientation > 1 else ())
