"""Files of every kind that makes a grey or a colour in another way, drawn and real, for one home."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from tests.core.imaging.dicom.drawn import write
from tests.core.imaging.pictures.drawn import exif_orientation, png, scene
from tests.core.services.images import stack_files

ROWS, COLUMNS = 40, 56
RAMP = np.linspace(0.0, 1.0, ROWS * COLUMNS).reshape(ROWS, COLUMNS)
PALETTES = {"Red": np.arange(256), "Green": np.arange(255, -1, -1), "Blue": np.full(256, 128)}
REAL = (
    "dicom/colour_and_multiframe/SC_rgb_rle_2frame.dcm",
    "dicom/colour_and_multiframe/SC_ybr_full_422_uncompressed.dcm",
    "dicom/colour_and_multiframe/color-px.dcm",
    "dicom/colour_and_multiframe/emri_small.dcm",
    "dicom/colour_and_multiframe/examples_jpeg2k.dcm",
    "dicom/colour_and_multiframe/examples_overlay.dcm",
    "dicom/colour_and_multiframe/examples_palette.dcm",
    "dicom/colour_and_multiframe/examples_ybr_color.dcm",
    "dicom/colour_and_multiframe/parametric_map_float.dcm",
    "dicom/colour_and_multiframe/rtdose.dcm",
    "dicom/odd_and_broken/J2K_pixelrep_mismatch.dcm",
    "dicom/odd_and_broken/OT-PAL-8-face.dcm",
    "dicom/plain_and_syntaxes/CT_small.dcm",
    "dicom/plain_and_syntaxes/ExplVR_BigEnd.dcm",
    "dicom/plain_and_syntaxes/HTJ2K_08_RGB.dcm",
    "dicom/plain_and_syntaxes/JPEG2000.dcm",
    "dicom/plain_and_syntaxes/JPGExtended.dcm",
    "dicom/plain_and_syntaxes/JPGLosslessP14SV1_1s_1f_8b.dcm",
    "dicom/plain_and_syntaxes/MR_small_RLE.dcm",
    "dicom/plain_and_syntaxes/MR_small_padded.dcm",
    "dicom/plain_and_syntaxes/RG1_J2KI.dcm",
    "dicom/plain_and_syntaxes/image_dfl.dcm",
    "dicom/seg_with_source_ct",
    "dicom/dicomdir_media/98892003/MR2",
    "dicom/dicomdir_media/77654033/CT2",
    "series/ct_chest_lungfcp_48/1-03*.dcm",
    "series/mr_prostate_adc_20/*0.dcm",
    "nifti/monai_anatomical.nii",
    "nifti/totalseg_example_ct_sm.nii.gz",
    "nifti/totalseg_example_mr_sm.nii.gz",
    "nifti/totalseg_example_seg.nii.gz",
    "cxr/nih64/*[05].png",
    "cxr_dicom_derived/00d96e05.dcm",
)


def draw(folder: Path) -> None:
    """Draw one file of each kind into a folder, and the stacks."""
    folder.mkdir(parents=True)
    for number, (name, array, more) in enumerate(dicoms()):
        write(folder / f"{name}.dcm", array, SOPInstanceUID=f"1.2.3.{number}", StudyInstanceUID=f"1.2.{number}", **more)
    draw_pictures(folder)
    draw_volumes(folder)
    draw_stacks(folder)


def copy_real(data: Path, folder: Path) -> None:
    """Copy the real files; every name keeps its folders, as some occur twice."""
    for pattern in REAL:
        for source in sorted(data.glob(pattern)):
            target = folder / source.relative_to(data)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)


def ramp(low: float, high: float, dtype: str) -> np.ndarray:
    """Values from low to high, row by row."""
    return np.round(low + RAMP * (high - low)).astype(dtype)


def colour(high: int, dtype: str) -> np.ndarray:
    """A picture of three different ramps."""
    return np.stack([ramp(0, high, dtype), ramp(high, 0, dtype), ramp(0, high / 3, dtype)], axis=-1)


def dicoms() -> Iterator[tuple[str, np.ndarray, dict]]:
    """Name, pixels and header of each drawn DICOM file."""
    twelve, signed = ramp(0, 4095, "uint16"), ramp(-2000, 3000, "int16")
    yield "plain12", twelve, {"stored": 12}
    yield "window", twelve, {"stored": 12, "WindowCenter": 40, "WindowWidth": 400, "RescaleIntercept": -1024}
    yield "window_of_one", twelve, {"WindowCenter": 409.1, "WindowWidth": 1, "RescaleSlope": 0.1, "RescaleIntercept": 0}
    yield "narrow", twelve, {"WindowCenter": 30.3, "WindowWidth": 2, "RescaleSlope": 0.1, "RescaleIntercept": 0}
    yield "sigmoid", twelve, {"WindowCenter": 1500, "WindowWidth": 900, "VOILUTFunction": "SIGMOID"}
    yield "exact", twelve, {"WindowCenter": 1500, "WindowWidth": 900, "VOILUTFunction": "LINEAR_EXACT"}
    yield "signed", signed, {}
    yield "signed8", ramp(-128, 127, "int8"), {}
    yield "negative", twelve, {"stored": 12, "PhotometricInterpretation": "MONOCHROME1"}
    yield "inverse", twelve, {"stored": 12, "PresentationLUTShape": "INVERSE"}
    yield "falling", twelve, {"RescaleSlope": -2, "RescaleIntercept": 5000}
    yield "far_from_zero", ramp(0, 65535, "uint16"), {"RescaleSlope": 0.001, "RescaleIntercept": 5_000_000}
    yield "tiny", ramp(0, 65535, "uint16"), {"RescaleSlope": 1e-9, "RescaleIntercept": 0}
    yield "flat", np.full((ROWS, COLUMNS), 7, "uint16"), {}
    for name, shown in (("padded", "MONOCHROME2"), ("padded_negative", "MONOCHROME1")):
        pixels = signed.copy()
        pixels[:5], pixels[-3:] = -32768, -32000
        more = {"PixelPaddingValue": -32768, "PixelPaddingRangeLimit": -32000, "PhotometricInterpretation": shown}
        yield name, pixels, more
    yield "rgb8", colour(255, "uint8"), {}
    yield "rgb16", colour(65535, "uint16"), {}
    yield "rgb12", colour(4095, "uint16"), {"stored": 12}
    for width in (8, 16):
        tables = {f"{name}PaletteColorLookupTableDescriptor": [256, 0, width] for name in PALETTES}
        for name, entries in PALETTES.items():
            data = (entries << width - 8).astype("<u2" if width == 16 else "u1").tobytes()
            tables[f"{name}PaletteColorLookupTableData"] = data
        yield f"palette{width}", ramp(0, 255, "uint8"), {"PhotometricInterpretation": "PALETTE COLOR", **tables}
    yield "cine", np.stack([ramp(0, top, "uint16") for top in (900, 4000, 2000)]), {}
    yield "thumbnail", np.kron(twelve, np.ones((20, 20), "uint16")), {"WindowCenter": 2000, "WindowWidth": 3000}


def draw_pictures(folder: Path) -> None:
    """Draw PNG, TIFF and JPEG files."""
    import tifffile

    sixteen = ramp(300, 40000, "uint16")
    png(folder / "grey16.png", sixteen, colour=0)
    png(folder / "rgb16.png", colour(65535, "uint16"), colour=2)
    png(folder / "rgb12in16.png", colour(4095, "uint16"), colour=2)
    png(folder / "alpha16.png", np.stack([sixteen, np.full_like(sixteen, 65535)], axis=-1), colour=4)
    Image.fromarray(ramp(0, 255, "uint8")).convert("P").save(folder / "palette.png")
    for order in "<>":
        name = "little" if order == "<" else "big"
        for bits in (8, 16):
            white = ramp(0, (1 << bits) - 1, f"uint{bits}")
            tifffile.imwrite(folder / f"{name}{bits}.tif", white, byteorder=order, photometric="miniswhite")
    tifffile.imwrite(folder / "signed.tif", ramp(-1000, 1000, "int16"), photometric="minisblack")
    tifffile.imwrite(folder / "float.tif", (RAMP * 3 - 1).astype("float32"), photometric="minisblack")
    tifffile.imwrite(folder / "long.tif", ramp(0, 3e9, "uint32"), photometric="minisblack")
    tifffile.imwrite(folder / "pages.tif", np.stack([scene(ROWS, COLUMNS, top=top) for top in (90, 250, 120)]))
    exif = b"Exif\0\0" + exif_orientation(6)
    Image.fromarray(scene(ROWS, COLUMNS)).save(folder / "turned.jpg", quality=95, exif=exif)
    Image.fromarray(colour(255, "uint8")).save(folder / "turned_colour.jpg", quality=95, exif=exif)


def draw_volumes(folder: Path) -> None:
    """Draw NIfTI files with NaN, infinities, a value far from zero, and colours."""
    import nibabel

    def save(name: str, values: np.ndarray) -> None:
        nibabel.save(nibabel.Nifti1Image(values, np.diag([2.0, 2.0, 3.0, 1.0])), folder / f"{name}.nii")

    values = np.stack([RAMP + part for part in range(4)], axis=-1).astype(np.float32)
    save("far", (values * 1e-3 + 4e3).astype(np.float64))
    values[:6], values[-1, 0] = np.nan, np.inf
    save("nan", values)
    rgb = np.zeros((ROWS, COLUMNS, 2), np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]))
    rgb["R"], rgb["G"] = ramp(0, 255, "uint8")[..., np.newaxis], 40
    save("colour", rgb)


def draw_stacks(folder: Path) -> None:
    """Draw slices with a slope each, with windows that differ, and the phases of a heart."""
    for place in range(5):
        peak = 60000.0 if place == 3 else 5000.0
        activity = RAMP * peak
        slope = float(f"{peak / 65535:.8f}")
        pet = {"Modality": "PT", "RescaleSlope": slope, "RescaleIntercept": 0, "InstanceNumber": place + 1}
        pixels = np.round(activity / slope).clip(0, 65535).astype(np.uint16)
        stack_files.write(folder / "pet" / f"{place}.dcm", 4.0 * place, series="pet", pixels=pixels, **pet)
        adapted = {"WindowCenter": 200 * (place + 1), "WindowWidth": 300, "InstanceNumber": 5 - place}
        pixels = ramp(0, 1000 + place, "uint16")
        stack_files.write(folder / "mr" / f"{place}.dcm", 4.0 * place, series="mr", pixels=pixels, **adapted)
    stack_files.write_heart(folder / "heart")
