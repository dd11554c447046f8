"""Write all radiographs of one seed as files, with a CSV for the import and a key of the ground truth."""

import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from core.imaging.atomic_write import atomic_write
from core.imaging.phantoms import acquisition, anatomy, dicom_writer
from core.imaging.phantoms.acquisition import Box, Radiograph
from core.imaging.phantoms.cohort import CLASSES, Exposure, draw_cohort, hard_group
from core.imaging.tables.formulas import CsvWriter

TABLE = "labels.csv"
PARTS = 24  # tasks for the processes: enough for a smooth progress bar


@dataclass(frozen=True, slots=True)
class Planted:
    """The ground truth of one file."""

    number: int
    sha256: str
    opacities: tuple[Box, ...]
    marker: Box | None


def generate(folder: Path, *, seed: int, key: Path, workers: int = 2) -> Iterator[tuple[int, int]]:
    """Write all radiographs and TABLE into `folder`, and the key; yield (images done, images in total).

    The key maps the SHA-256 of each file to its ground truth. The same seed gives the same files; closing the
    iterator stops.
    """
    exposures = draw_cohort(seed)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    planted: list[Planted] = []
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(draw_part, folder, exposures, part, seed) for part in range(PARTS)]
        try:
            for future in as_completed(waiting):
                planted += future.result()
                yield len(planted), len(exposures)
        finally:
            pool.shutdown(cancel_futures=True)
    planted.sort(key=lambda planting: planting.number)
    _write_table(folder / TABLE, exposures)
    with atomic_write(key) as file:
        file.write(json.dumps(_key(exposures, planted, seed), indent=1).encode())


def file_name(exposure: Exposure) -> str:
    """Return the file name, which does not reveal the truth."""
    return f"{exposure.number:05d}.dcm"


def draw_part(folder: Path, exposures: Sequence[Exposure], part: int, seed: int) -> list[Planted]:
    """Write the radiographs of the patients in one part; a chest is computed once for all visits."""
    assigned = [(one, one if one.copies is None else exposures[one.copies]) for one in exposures]
    assigned = sorted((pair for pair in assigned if pair[1].patient % PARTS == part), key=lambda pair: pair[1].patient)
    bodies: dict[int, Body] = {}
    planted = []
    for exposure, shown in assigned:
        if shown.patient not in bodies:
            bodies = {shown.patient: Body.draw(shown, seed)}
        plate = bodies[shown.patient].exposed(shown, seed)
        plate = plate if exposure is shown else _reread(plate, exposure, seed)
        path = folder / file_name(exposure)
        dicom_writer.save(path, plate, exposure, seed=seed)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        planted.append(Planted(exposure.number, sha256, plate.opacities, plate.marker))
    return planted


@dataclass(frozen=True, slots=True)
class Body:
    """One patient's chest and possible opacity."""

    chest: anatomy.Map
    opacity: acquisition.Opacity

    @classmethod
    def draw(cls, exposure: Exposure, seed: int) -> "Body":
        """Draw the body of a patient, equal in all exposures."""
        rng = np.random.default_rng([seed, 2, exposure.patient])
        build = anatomy.draw_build(rng, sex=exposure.sex, age=exposure.age)
        return cls(anatomy.chest(build), acquisition.draw_opacity(rng, build))

    def exposed(self, exposure: Exposure, seed: int) -> Radiograph:
        """Return the radiograph of one exposure."""
        rng = np.random.default_rng([seed, 4, exposure.number])
        return acquisition.expose(rng, self.chest, self.opacity if exposure.opacity else None, exposure)


def _reread(plate: Radiograph, exposure: Exposure, seed: int) -> Radiograph:
    """Return a second readout of a radiograph, with slightly different brightness and noise."""
    rng = np.random.default_rng([seed, 5, exposure.number])
    read = plate.values * rng.uniform(0.98, 1.02) + rng.normal(0, 8, plate.values.shape) + rng.normal(0, 15)
    return Radiograph(np.clip(np.round(read), 0, acquisition.WHITE).astype(np.uint16), plate.opacities, plate.marker)


def _write_table(path: Path, exposures: Sequence[Exposure]) -> None:
    text = io.StringIO()
    table = CsvWriter(text)
    table.writerow(["file", "finding", "site", "age", "sex", "view", "device"])
    for exposure in exposures:
        table.writerow(
            [
                file_name(exposure),
                exposure.given,
                exposure.site.name,
                exposure.age,
                exposure.sex,
                exposure.view,
                exposure.device,
            ]
        )
    with atomic_write(path) as file:
        file.write(text.getvalue().encode())


def _key(exposures: Sequence[Exposure], planted: Sequence[Planted], seed: int) -> dict[str, Any]:
    fact, value = hard_group(seed)
    hashes = [one.sha256 for one in planted]
    pictures = list(zip(exposures, planted, strict=True))
    return {
        "seed": seed,
        "classes": list(CLASSES),
        "boxes": "left, top, right, bottom in pixels; the last two outside",
        "images": {planting.sha256: _truth(one, planting) for one, planting in pictures},
        "wrong_labels": [planting.sha256 for one, planting in pictures if one.wrong],
        "shortcut": {
            "what": "lead marker",
            "site": next(one.site.name for one in exposures if one.site.marks),
            "images": [planting.sha256 for one, planting in pictures if one.marker],
        },
        "near_duplicates": [[hashes[one.copies], hashes[one.number]] for one in exposures if one.copies is not None],
        "failing_subgroup": {
            "fact": fact,
            "value": value,
            "images": [planting.sha256 for one, planting in pictures if one.hard],
        },
    }


def _truth(exposure: Exposure, planting: Planted) -> dict[str, Any]:
    return {
        "patient": f"DEMO-{exposure.patient:04d}",
        "truth": exposure.truth,
        "given": exposure.given,
        "opacities": planting.opacities,
        "marker": planting.marker,
        **exposure.facts,
    }
