"""Pages and animations become stacks of frames, and none is lost without a word."""

import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from core.errors import RejectedFile
from tests.core.imaging.pictures.drawn import apng, read_single, scene

FRAMES = np.stack([scene(), scene()[::-1], scene()[:, ::-1]])


@pytest.mark.parametrize("name", ["x.png", "x.gif", "x.tif"])
def test_an_animation_is_a_stack_of_its_frames(tmp_path: Path, name: str):
    first, *others = [Image.fromarray(frame) for frame in FRAMES]
    first.save(tmp_path / name, save_all=True, append_images=others, duration=100)
    image = read_single(tmp_path / name)
    assert np.array_equal(image.samples[..., 0], FRAMES)
    assert image.notes == ("frames",)
    assert image.format.frame_ms == (None if name == "x.tif" else 100.0)


def test_frames_that_say_only_what_changed_are_whole(tmp_path: Path):
    frames = [Image.fromarray(FRAMES[0])]
    for number in range(1, 4):
        frames.append(frames[-1].copy())
        frames[-1].putpixel((number, 5), 255)
    for name in ("x.png", "x.gif"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        assert np.array_equal(read_single(tmp_path / name).samples[..., 0], [np.asarray(frame) for frame in frames])


def test_colour_in_one_frame_makes_the_stack_colour(tmp_path: Path):
    red = Image.new("RGB", (14, 9), (200, 10, 20))
    Image.fromarray(FRAMES[0]).convert("RGB").save(tmp_path / "x.png", save_all=True, append_images=[red])
    image = read_single(tmp_path / "x.png")
    assert image.samples.shape == (2, 9, 14, 3)
    assert np.array_equal(image.samples[0, ..., 1], FRAMES[0])
    assert image.samples[1, 0, 0].tolist() == [200, 10, 20]


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_an_animation_of_16_bits_keeps_them(tmp_path: Path, channels: int):
    deep = FRAMES.astype(np.uint16) * 200
    array = deep if channels == 1 else np.stack([deep] * channels, axis=-1)
    (tmp_path / "x.png").write_bytes(imagecodecs.apng_encode(array))
    image = read_single(tmp_path / "x.png")
    assert np.array_equal(image.samples[..., 0], deep)


def test_a_default_picture_is_no_frame_of_the_animation(tmp_path: Path):
    pictures = [Image.fromarray(frame) for frame in FRAMES]
    pictures[0].save(tmp_path / "x.png", save_all=True, default_image=True, append_images=pictures[1:])
    assert np.array_equal(read_single(tmp_path / "x.png").samples[..., 0], FRAMES[1:])


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("dispose", [0, 1, 2], ids=["keep", "clear", "restore"])
@pytest.mark.parametrize("default", [False, True])
def test_frames_at_offsets_are_laid_over_the_one_before(tmp_path: Path, depth: int, dispose: int, default: bool):
    base, patch = (np.full(shape, value, f"uint{depth}") for shape, value in (((9, 14), 60), ((3, 4), 200)))
    still = (base * 0 + 7,) if default else ()
    path = apng(tmp_path / "x.png", [(base, (0, 0)), (patch, (5, 2)), (patch, (1, 5))], dispose=dispose, still=still)
    first = base.copy()
    second = first.copy()
    second[2:5, 5:9] = 200
    third = (second if dispose == 0 else first).copy()
    if dispose == 1:
        third[2:5, 5:9] = 0
    third[5:8, 1:5] = 200
    assert np.array_equal(read_single(path).samples[..., 0], [first, second, third])


@pytest.mark.parametrize("name", ["uint8", "uint16", "float32"])
def test_a_stack_of_imagej_with_one_page_has_all_its_frames(tmp_path: Path, name: str):
    array = np.arange(5 * 6 * 7).reshape(5, 6, 7).astype(name)
    tifffile.imwrite(tmp_path / "x.tif", array, imagej=True)
    assert np.array_equal(read_single(tmp_path / "x.tif").samples[..., 0], array)
    tifffile.imwrite(tmp_path / "y.tif", array, photometric="minisblack", volumetric=True, tile=(16, 16))
    assert np.array_equal(read_single(tmp_path / "y.tif").samples[..., 0], array)
    tifffile.imwrite(tmp_path / "z.tif", array, photometric="minisblack", truncate=True)
    assert np.array_equal(read_single(tmp_path / "z.tif").samples[..., 0], array)


def test_previews_are_left_out_and_noted(tmp_path: Path):
    with tifffile.TiffWriter(tmp_path / "x.tif") as tiff:
        tiff.write(FRAMES[0])
        tiff.write(FRAMES[0][::2, ::2], subfiletype=1)
    image = read_single(tmp_path / "x.tif")
    assert np.array_equal(image.samples[0, ..., 0], FRAMES[0])
    assert image.notes == ("previews",)
    with tifffile.TiffWriter(tmp_path / "y.tif") as tiff:
        tiff.write(FRAMES[0], subifds=1)
        tiff.write(FRAMES[0][::2, ::2], subfiletype=1)
    image = read_single(tmp_path / "y.tif")
    assert np.array_equal(image.samples[0, ..., 0], FRAMES[0])
    assert image.notes == ("previews",)


def test_pages_of_different_sizes_are_refused_with_their_sizes(tmp_path: Path):
    with tifffile.TiffWriter(tmp_path / "x.tif") as tiff:
        tiff.write(FRAMES[0])
        tiff.write(FRAMES[0][:, :5])
    with pytest.raises(RejectedFile, match=r"differ in size \(14x9, 5x9 pixels\)"):
        read_single(tmp_path / "x.tif")


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_broken_list_of_pages_is_refused(tmp_path: Path, order: str):
    tifffile.imwrite(tmp_path / "x.tif", FRAMES, byteorder=order, photometric="minisblack")
    with tifffile.TiffFile(tmp_path / "x.tif") as tiff:
        at = tiff.pages[1].offset
    data = bytearray((tmp_path / "x.tif").read_bytes())
    (count,) = struct.unpack_from(order + "H", data, at)
    struct.pack_into(order + "I", data, at + 2 + 12 * count, len(data) + 100)
    (tmp_path / "x.tif").write_bytes(data)
    with pytest.raises(RejectedFile, match="damaged or truncated"):
        read_single(tmp_path / "x.tif")


def test_pages_of_grey_and_of_colour_are_one_stack(tmp_path: Path):
    with tifffile.TiffWriter(tmp_path / "x.tif") as tiff:
        tiff.write(FRAMES[0])
        tiff.write(np.stack([FRAMES[1], FRAMES[2], FRAMES[1]], axis=-1), photometric="rgb")
    image = read_single(tmp_path / "x.tif")
    assert np.array_equal(image.samples[0], np.stack([FRAMES[0]] * 3, axis=-1))
    assert np.array_equal(image.samples[1, ..., 1], FRAMES[2])


@pytest.mark.parametrize(
    ("second", "photometric", "message"),
    [(FRAMES[0].astype(np.uint16), "minisblack", r"depth \(8, 16 bits\)"), (FRAMES[0], "miniswhite", "polarity")],
)
def test_pages_that_differ_otherwise_are_refused_by_how(tmp_path: Path, second, photometric: str, message: str):
    with tifffile.TiffWriter(tmp_path / "x.tif") as tiff:
        tiff.write(FRAMES[0])
        tiff.write(second, photometric=photometric)
    with pytest.raises(RejectedFile, match=message):
        read_single(tmp_path / "x.tif")


def test_an_animation_in_jpeg_xl_and_further_pictures_in_a_jpeg(tmp_path: Path):
    (tmp_path / "x.jxl").write_bytes(imagecodecs.jpegxl_encode(FRAMES, lossless=True))
    image = read_single(tmp_path / "x.jxl")
    assert np.array_equal(image.samples[..., 0], FRAMES)
    assert image.notes == ("frames",)
    first, *others = [Image.fromarray(frame) for frame in FRAMES]
    first.save(tmp_path / "x.jpg", "MPO", save_all=True, append_images=others)
    image = read_single(tmp_path / "x.jpg")
    assert (image.samples.shape, image.notes) == ((1, 9, 14, 1), ("previews",))


def test_an_animation_that_is_transparent_in_places_says_so(tmp_path: Path):
    first = Image.fromarray(FRAMES[0]).convert("RGBA")
    first.putpixel((0, 0), (1, 2, 3, 0))
    first.save(tmp_path / "x.png", save_all=True, append_images=[Image.new("RGBA", (14, 9), "red")])
    assert read_single(tmp_path / "x.png").notes == ("frames", "alpha")
