"""Every depth comes in with its values, or is refused by a true sentence."""

import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from core.errors import RejectedFile
from core.imaging.voi_lut import to_grey
from tests.core.imaging.pictures.drawn import chunk, png, read_single, values

RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)
OPAQUE = np.full_like(RAMP, 65535)
GREY, RGB, GREY_ALPHA, RGBA = 0, 2, 4, 6
INTEGERS = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]


@pytest.mark.parametrize(
    ("channels", "colour"),
    [((RAMP,), GREY), ((RAMP, OPAQUE), GREY_ALPHA), ((RAMP, RAMP, RAMP), RGB), ((RAMP, RAMP, RAMP, OPAQUE), RGBA)],
)
def test_grey_of_16_bits_keeps_all_its_greys_in_every_colour_type_of_png(tmp_path: Path, channels, colour: int):
    array = np.stack(channels, axis=-1) if len(channels) > 1 else channels[0]
    image = read_single(png(tmp_path / "ramp.png", array, colour=colour))
    assert np.array_equal(image.samples[0, ..., 0], RAMP)
    assert (image.format.channels, image.format.bits, image.notes) == (1, 16, ())


@pytest.mark.parametrize("colour", [RGB, RGBA])
def test_real_colours_of_16_bits_are_kept(tmp_path: Path, colour: int):
    channels = [RAMP, RAMP[::-1], RAMP.T, OPAQUE][: 3 if colour == RGB else 4]
    rgb = np.stack(channels[:3], axis=-1)
    tifffile.imwrite(tmp_path / "c.tif", rgb, photometric="rgb")
    for path in (png(tmp_path / "c.png", np.stack(channels, axis=-1), colour=colour), tmp_path / "c.tif"):
        image = read_single(path)
        assert np.array_equal(image.samples[0], rgb)
        assert (image.format.dtype, image.format.high, image.notes) == ("uint16", 65535.0, ())
        white = np.full((1, 1, 3), 65535, np.uint16)
        assert to_grey(white, image.format).tolist() == [[[255, 255, 255]]]


def test_colours_that_are_no_whole_numbers_are_refused_with_their_depth(tmp_path: Path):
    real = np.random.default_rng(0).random((4, 4, 3)).astype(np.float32)
    tifffile.imwrite(tmp_path / "c.tif", real, photometric="rgb")
    with pytest.raises(RejectedFile, match="has colours of 32 bits"):
        read_single(tmp_path / "c.tif")


def test_colours_that_say_each_byte_twice_come_in_as_their_8_bits(tmp_path: Path):
    colour = np.random.default_rng(0).integers(0, 256, (7, 9, 3)).astype(np.uint16)
    image = read_single(png(tmp_path / "c.png", colour * 257, colour=RGB))
    assert np.array_equal(image.samples[0], colour)


@pytest.mark.parametrize("depth", [8, 16])
def test_transparency_is_left_out_and_noted(tmp_path: Path, depth: int):
    grey = np.arange(64, dtype=f"uint{depth}").reshape(8, 8)
    alpha = np.full_like(grey, np.iinfo(grey.dtype).max)
    alpha[2, 3] = 0
    image = read_single(png(tmp_path / "a.png", np.stack([grey, alpha], axis=-1), colour=GREY_ALPHA))
    assert np.array_equal(image.samples[0, ..., 0], grey)
    assert image.notes == ("alpha",)
    one_value = chunk(b"tRNS", (5).to_bytes(2, "big"))
    image = read_single(png(tmp_path / "t.png", grey, colour=GREY, chunks=(one_value,)))
    assert np.array_equal(image.samples[0, ..., 0], grey)
    assert image.notes == ("alpha",)


@pytest.mark.parametrize("bits", [1, 2, 4])
@pytest.mark.parametrize("transparent", [None, 1])
def test_greys_of_few_bits_keep_them_and_their_transparency(tmp_path: Path, bits: int, transparent: int | None):
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8) % (1 << bits)
    flat = (grey[..., np.newaxis] >> np.arange(bits)[::-1] & 1).reshape(8, -1)
    head = struct.pack(">IIBBBBB", 8, 8, bits, GREY, 0, 0, 0)
    lines = zlib.compress(b"".join(b"\0" + row.tobytes() for row in np.packbits(flat.astype(np.uint8), axis=1)))
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", lines), chunk(b"IEND", b"")]
    if transparent is not None:
        parts.insert(1, chunk(b"tRNS", struct.pack(">H", transparent)))
    (tmp_path / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    image = read_single(tmp_path / "x.png")
    assert np.array_equal(image.samples[0, ..., 0], grey * (255 // ((1 << bits) - 1)))
    assert image.notes == (() if transparent is None else ("alpha",))


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_palettes_and_greys_of_few_bits_become_their_colours(tmp_path: Path, bits: int):
    count = 1 << bits
    indices = (np.arange(count * 4) % count).reshape(4, count).astype(np.uint8)
    colours = np.random.default_rng(bits).integers(0, 256, (count, 3)).astype(np.uint8)
    picture = Image.fromarray(indices, "P")
    picture.putpalette(colours.tobytes())
    for name in ("p.png", "p.gif", "p.tif", "p.bmp"):
        picture.save(tmp_path / name, **({"bits": bits} if name == "p.png" else {}))
        assert np.array_equal(read_single(tmp_path / name).samples[0], colours[indices])
    step = 255 // (count - 1)
    table = np.stack([np.arange(256, dtype=np.uint16) * step * 257] * 3)[:, :count]
    tifffile.imwrite(tmp_path / "q.tif", indices, photometric="palette", colormap=np.resize(table, (3, 256)))
    assert np.array_equal(read_single(tmp_path / "q.tif").samples[0, ..., 0], indices * step)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("name", INTEGERS)
def test_integers_of_tiff_keep_their_values(tmp_path: Path, name: str, big: bool, order: str):
    low = -100 if name.startswith("i") else 0
    array = np.random.default_rng(1).integers(low, 120, (3, 7, 9)).astype(name)
    tifffile.imwrite(tmp_path / "x.tif", array, byteorder=order, bigtiff=big, photometric="minisblack")
    image = read_single(tmp_path / "x.tif")
    assert np.array_equal(values(image)[..., 0], array)
    assert image.notes == ("frames",)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("name", ["uint32", "int32", "float16", "float32", "float64"])
def test_values_that_need_more_than_16_bits_are_nearly_right_and_noted(tmp_path: Path, name: str, order: str):
    top = 3e4 if name == "float16" else 2e9
    array = np.random.default_rng(2).uniform(0 if name == "uint32" else -top, top, (8, 9)).astype(name)
    tifffile.imwrite(tmp_path / "x.tif", array, byteorder=order)
    image = read_single(tmp_path / "x.tif")
    assert np.abs(values(image)[0, ..., 0] - array).max() <= image.format.slope * 0.501
    assert (image.format.low, image.format.high) == (float(array.min()), float(array.max()))
    assert "quantised" in image.notes or name == "float16"


def test_whole_numbers_stored_as_floating_point_are_exact(tmp_path: Path):
    array = np.arange(-600, 600, dtype=np.float64).reshape(30, 40)
    tifffile.imwrite(tmp_path / "x.tif", array)
    image = read_single(tmp_path / "x.tif")
    assert np.array_equal(values(image)[0, ..., 0], array)
    assert (image.format.slope, image.notes) == (1.0, ())


def test_values_that_are_no_numbers_become_padding(tmp_path: Path):
    array = np.arange(100, dtype=np.float32).reshape(10, 10)
    array[0, :3] = np.nan, np.inf, -np.inf
    tifffile.imwrite(tmp_path / "x.tif", array)
    image = read_single(tmp_path / "x.tif")
    assert image.format.padding == (0.0, 0.0)
    assert image.samples[0, 0, :3, 0].tolist() == [0, 0, 0]
    assert np.array_equal(values(image)[0, ..., 0].ravel()[3:], array.ravel()[3:])
    assert (image.format.low, image.format.high, image.notes) == (3.0, 99.0, ("not_finite",))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full((4, 4), np.nan, np.float32), "no finite value"),
        (np.linspace(0, 1e300, 16).reshape(4, 4), "beyond 32-bit floating-point"),
        (np.arange(16, dtype=np.uint64).reshape(4, 4) + 2**60, "whose differences"),
        (np.ones((4, 4), np.complex64) * 1j, "complex numbers"),
        (np.random.default_rng(0).random((4, 4, 3), np.float32), "colours of 32 bits .floating-point"),
    ],
)
def test_values_that_cannot_be_held_are_refused_by_what_they_are(tmp_path: Path, array: np.ndarray, message: str):
    tifffile.imwrite(tmp_path / "x.tif", array)
    with pytest.raises(RejectedFile, match=message):
        read_single(tmp_path / "x.tif")


@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "packbits", "zstd"])
@pytest.mark.parametrize("name", ["uint8", "uint16", "int16", "float32"])
def test_compressed_tiff_keeps_its_values(tmp_path: Path, name: str, compression: str | None):
    array = np.arange(-200 if name in ("int16", "float32") else 0, 200, 4).astype(name).reshape(5, -1)
    predictor = compression in ("lzw", "zlib", "zstd")
    tifffile.imwrite(tmp_path / "x.tif", array, compression=compression, predictor=predictor)
    assert np.array_equal(values(read_single(tmp_path / "x.tif"))[0, ..., 0], array)


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_colour_tiff_with_and_without_alpha(tmp_path: Path, planar: str):
    colour = np.random.default_rng(0).integers(0, 256, (9, 11, 4), dtype=np.uint8)
    for channels, notes in ((3, ()), (4, ("alpha",))):
        array = colour[..., :channels] if planar == "contig" else np.moveaxis(colour[..., :channels], -1, 0)
        extra = ["unassalpha"] if channels == 4 else None
        tifffile.imwrite(tmp_path / "c.tif", array, photometric="rgb", planarconfig=planar, extrasamples=extra)
        image = read_single(tmp_path / "c.tif")
        assert np.array_equal(image.samples[0], colour[..., :3])
        assert image.notes == notes


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("bits", [10, 12, 16])
def test_deep_jpeg_keeps_its_depth(tmp_path: Path, bits: int, lossless: bool):
    ramp = np.linspace(0, (1 << bits) - 1, 64 * 64).reshape(64, 64).astype(np.uint16)
    if not lossless and bits != 12:
        pytest.skip("JPEG's lossy processes have 8 or 12 bits")
    data = imagecodecs.jpeg_encode(ramp, level=100, lossless=lossless, bitspersample=bits)
    (tmp_path / "x.jpg").write_bytes(data)
    image = read_single(tmp_path / "x.jpg")
    assert np.abs(values(image)[0, ..., 0] - ramp).max() <= (0 if lossless else 8)
    assert image.format.bits == bits


@pytest.mark.parametrize("name", ["jls", "jp2", "j2k", "jph", "jxl"])
@pytest.mark.parametrize("depth", ["uint8", "uint16"])
def test_younger_formats_keep_their_depth(tmp_path: Path, name: str, depth: str):
    ramp = np.arange(256).reshape(16, 16).astype(depth) * (200 if depth == "uint16" else 1)
    encode = {
        "jls": lambda: imagecodecs.jpegls_encode(ramp),
        "jxl": lambda: imagecodecs.jpegxl_encode(ramp, lossless=True),
        "jph": lambda: imagecodecs.htj2k_encode(ramp) if hasattr(imagecodecs, "htj2k_encode") else b"",
        "jp2": lambda: imagecodecs.jpeg2k_encode(ramp, level=0),
        "j2k": lambda: imagecodecs.jpeg2k_encode(ramp, level=0, codecformat="j2k"),
    }
    try:
        data = encode[name]()
    except Exception:
        pytest.skip("not in this build of imagecodecs")
    if not data:
        pytest.skip("not in this build of imagecodecs")
    (tmp_path / "x").write_bytes(bytes(data))
    image = read_single(tmp_path / "x")
    assert np.array_equal(image.samples[0, ..., 0], ramp)
    assert image.samples.dtype == depth


def test_print_colours_are_converted_and_noted(tmp_path: Path):
    cmyk = Image.fromarray(np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)).convert("CMYK")
    for name in ("x.jpg", "x.tif"):
        cmyk.save(tmp_path / name, quality=95)
        with Image.open(tmp_path / name) as picture:
            expected = np.asarray(picture.convert("RGB"))
        image = read_single(tmp_path / name)
        assert np.array_equal(image.samples[0], expected)
        assert image.notes == ("print_colours",)


@pytest.mark.parametrize("container", [False, True])
@pytest.mark.parametrize("bits", [10, 12, 16])
@pytest.mark.parametrize("size", [(64, 64), (63, 50), (700, 9)])
def test_colours_of_jpeg_xl_are_as_bright_as_their_depth_says(
    tmp_path: Path, size: tuple[int, int], bits: int, container: bool
):
    white = (1 << bits) - 1
    ramp = np.linspace(0, white, size[0] * size[1]).astype(np.uint16).reshape(size)
    colour = np.stack([ramp, ramp[::-1], ramp[:, ::-1]], axis=-1)
    data = imagecodecs.jpegxl_encode(colour, lossless=True, bitspersample=bits, usecontainer=container)
    (tmp_path / "x.jxl").write_bytes(data)
    image = read_single(tmp_path / "x.jxl")
    assert np.array_equal(image.samples[0], colour)
    assert image.format.bits == bits
    assert to_grey(image.samples[0], image.format).max() == 255


@pytest.mark.parametrize(("space", "adobe"), [("CMYK", True), ("YCCK", True), ("CMYK", False)])
def test_inks_are_inverted_where_adobe_wrote_them(tmp_path: Path, space: str, adobe: bool):
    inks = np.zeros((32, 48, 4), np.uint8)
    inks[..., 0], inks[..., 1], inks[..., 2] = 55, 105, 245
    options = {"level": 100, "colorspace": "CMYK", "outcolorspace": space}
    data = imagecodecs.jpeg8_encode(255 - inks if adobe else inks, **options)
    if not adobe:
        at = data.index(b"\xff\xee\x00\x0eAdobe")
        data = data[:at] + data[at + 16 :]
    (tmp_path / "x.jpg").write_bytes(data)
    image = read_single(tmp_path / "x.jpg")
    assert np.abs(image.samples[0].astype(int) - (200, 150, 10)).max() <= 3
    assert image.notes == ("print_colours",)


@pytest.mark.parametrize(
    ("channels", "options", "message"),
    [
        (4, {"photometric": "separated"}, "print colours .CMYK. of more than 8 bits"),
        (3, {"photometric": "minisblack", "planarconfig": "contig"}, "3 grey channels per pixel"),
    ],
)
def test_channels_that_cannot_be_shown_are_refused_by_name(tmp_path: Path, channels: int, options, message: str):
    tifffile.imwrite(tmp_path / "x.tif", np.stack([RAMP] * channels, axis=-1), **options)
    with pytest.raises(RejectedFile, match=message):
        read_single(tmp_path / "x.tif")


def test_channels_without_a_meaning_are_left_out_and_noted(tmp_path: Path):
    tifffile.imwrite(tmp_path / "x.tif", np.stack([RAMP] * 5, axis=-1), photometric="rgb")
    image = read_single(tmp_path / "x.tif")
    assert np.array_equal(image.samples[0, ..., 0], RAMP)
    assert image.notes == ("extra_channel",)


def test_damaged_extras_never_cost_a_png(tmp_path: Path):
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8)
    broken = chunk(b"tEXt", b"Comment\0x")[:-4] + b"\0\0\0\0"  # its checksum is wrong
    long = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(9_000_000)))
    for extra in (broken, long):
        for colour, array in ((GREY, grey), (RGB, np.stack([grey] * 3, axis=-1)), (GREY, grey.astype(np.uint16) * 99)):
            image = read_single(png(tmp_path / "x.png", array, colour=colour, chunks=(extra,)))
            assert np.array_equal(image.samples[0, ..., 0], array if array.ndim == 2 else grey)
            assert image.notes == ("extras",)


@pytest.mark.parametrize(
    ("description", "notes"),
    [
        ("ImageJ=1.53k\nimages=x\nslices=\n", ("extras",)),
        ("ImageJ=1\nimages=99999\n", ("missing_frames",)),
        ('{"shape": [9, 64, 64]}', ("missing_frames",)),
    ],
)
def test_a_description_that_is_not_true_never_costs_the_page(tmp_path: Path, description: str, notes):
    tifffile.imwrite(tmp_path / "x.tif", RAMP, description=description, metadata=None)
    image = read_single(tmp_path / "x.tif")
    assert np.array_equal(image.samples[0, ..., 0], RAMP)
    assert image.notes == notes
