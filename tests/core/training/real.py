"""Real images as cases of one picture, a stack, a bag or two views; the label says nothing deeper than where from."""

import csv
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.imaging.importers import dicom, picture
from core.imaging.voi_lut import format_of_unsigned
from core.training.examples import Example, ImageRef

COLOURS = ("color-px", "examples_rgb_color", "examples_ybr_color", "SC_rgb_jpeg_gdcm")
PER_STACK, EACH = 6, 4  # slices of a stack; cases to learn from, and as many to judge by


class Film:
    """Samples of real files, one after another in one file."""

    def __init__(self, folder: Path, data: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path, self.data, self.offset = folder / "film.raw", data, 0
        self.path.write_bytes(b"")

    def plane(self, name: str, view: str = "") -> ImageRef:
        source = self.data / name
        (result,) = (dicom if source.suffix == ".dcm" else picture).read(source)
        with self.path.open("ab") as file:
            file.write(result.samples.tobytes())
        made = ImageRef(self.path, self.offset, result.format, image=name, view=view)
        self.offset += result.samples.nbytes
        return made


def cases(kind: str, folder: Path, data: Path | None) -> list[Example]:
    """Eight cases, half of them for validation, labels 0 and 1 in turn; drawn ones where the real ones are absent."""
    result = KINDS[kind](Film(folder, data)) if data else _drawn(kind, folder)
    return [
        Example(str(at), planes, 0, (float(at % 2),), "train" if at < EACH else "val", 1.0, 1, str(at))
        for at, planes in enumerate(result[: 2 * EACH])
    ]


def _grey(film: Film) -> list[tuple[ImageRef, ...]]:
    return [(film.plane(names[0]),) for names in _of_patients(film.data, "PA").values() if names][: 2 * EACH]


def _colour(film: Film) -> list[tuple[ImageRef, ...]]:
    return 2 * [(film.plane(f"dicom/colour_and_multiframe/{name}.dcm"),) for name in COLOURS]


def _stack(film: Film) -> list[tuple[ImageRef, ...]]:
    slices = sorted((film.data / "series/ct_chest_lungfcp_48").glob("*.dcm"))
    planes = [film.plane(str(one.relative_to(film.data)), "CT") for one in slices]
    return [tuple(planes[at : at + PER_STACK]) for at in range(0, len(planes), PER_STACK)]


def _views(film: Film) -> list[tuple[ImageRef, ...]]:
    front, lying = _of_patients(film.data, "PA"), _of_patients(film.data, "AP")
    both = [patient for patient in front if patient in lying][: 2 * EACH]
    return [(film.plane(front[one][0], "PA"), film.plane(lying[one][0], "AP")) for one in both]


def _bag(film: Film) -> list[tuple[ImageRef, ...]]:
    several = [names for names in _of_patients(film.data, "PA").values() if len(names) > 1][: 2 * EACH]
    return [tuple(film.plane(name) for name in names[: 1 + at % 3]) for at, names in enumerate(several)]


def _of_patients(data: Path, view: str) -> dict[str, list[str]]:
    result = defaultdict(list)
    with (data / "cxr/metadata.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["view"] == view and row["file"].startswith("nih64/"):
                result[row["patient_id"]].append(f"cxr/{row['file']}")
    return dict(result)


def _drawn(kind: str, folder: Path) -> list[tuple[ImageRef, ...]]:
    """Noise, as many images per case as that kind has."""
    counts = {"stack": (PER_STACK,), "views": (2,), "bag": (1, 2, 3)}.get(kind, (1,))
    shape = (PER_STACK * 2 * EACH, 64, 64, *((3,) if kind == "colour" else ()))
    noise, form = format_of_unsigned(np.random.default_rng(0).integers(0, 256, shape, np.uint8), bits=8, decoder="")
    path, form = folder / "drawn.raw", replace(form, frames=1)
    path.write_bytes(noise.tobytes())
    planes = [ImageRef(path, at * form.nbytes, form, view=("PA", "AP")[at % 2]) for at in range(len(noise))]
    return [tuple(planes[at * PER_STACK :][: counts[at % len(counts)]]) for at in range(2 * EACH)]


KINDS = {"grey": _grey, "colour": _colour, "stack": _stack, "views": _views, "bag": _bag}
