"""All pictures of one seed as files, with a table for the import and the key to what was planted."""

import csv
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

TABLE = "labels.csv"
PARTS = 24  # tasks for the drawing processes: enough for a bar that moves


@dataclass(frozen=True, slots=True)
class Planted:
    """What the key tells of one file."""

    number: int
    sha256: str
    opacities: tuple[Box, ...]
    marker: Box | None


def generate(folder: Path, *, seed: int, key: Path, workers: int = 2) -> Iterator[tuple[int, int]]:
    """Draw every picture into `folder`, then TABLE beside them and the key; yields (pictures done, of all).

    The key maps the sha256 of each file to its truth. The same seed gives the same files; closing stops.
    """
    plan = draw_cohort(seed)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    planted: list[Planted] = []
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(draw_part, folder, plan, part, seed) for part in range(PARTS)]
        try:
            for one in as_completed(waiting):
                planted += one.result()
                yield len(planted), len(plan)
        finally:
            pool.shutdown(cancel_futures=True)
    planted.sort(key=lambda one: one.number)
    _write_table(folder / TABLE, plan)
    with atomic_write(key) as file:
        file.write(json.dumps(_key(plan, planted, seed), indent=1).encode())


def file_name(one: Exposure) -> str:
    """The file's name; it says nothing of the truth."""
    return f"{one.number:05d}.dcm"


def draw_part(folder: Path, plan: Sequence[Exposure], part: int, seed: int) -> list[Planted]:
    """The pictures whose bodies fall to this part: a body is drawn once for all its visits."""
    mine = [(one, one if one.copies is None else plan[one.copies]) for one in plan]
    mine = sorted((pair for pair in mine if pair[1].patient % PARTS == part), key=lambda pair: pair[1].patient)
    bodies: dict[int, Body] = {}
    planted = []
    for one, shown in mine:
        if shown.patient not in bodies:
            bodies = {shown.patient: Body.draw(shown, seed)}
        plate = bodies[shown.patient].exposed(shown, seed)
        plate = plate if one is shown else _again(plate, one, seed)
        path = folder / file_name(one)
        dicom_writer.save(path, plate, one, seed=seed)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        planted.append(Planted(one.number, sha256, plate.opacities, plate.marker))
    return planted


@dataclass(frozen=True, slots=True)
class Body:
    """One patient's chest and the opacity that may be in it."""

    chest: anatomy.Map
    opacity: acquisition.Opacity

    @classmethod
    def draw(cls, one: Exposure, seed: int) -> "Body":
        """The same for all pictures of a patient."""
        chance = np.random.default_rng([seed, 2, one.patient])
        build = anatomy.draw_build(chance, sex=one.sex, age=one.age)
        return cls(anatomy.chest(build), acquisition.draw_opacity(chance, build))

    def exposed(self, one: Exposure, seed: int) -> Radiograph:
        """Take one picture of it."""
        chance = np.random.default_rng([seed, 4, one.number])
        return acquisition.expose(chance, self.chest, self.opacity if one.opacity else None, one)


def _again(plate: Radiograph, one: Exposure, seed: int) -> Radiograph:
    """The same plate read out a second time: a little lighter or darker, with the reader's own noise."""
    chance = np.random.default_rng([seed, 5, one.number])
    read = plate.values * chance.uniform(0.98, 1.02) + chance.normal(0, 8, plate.values.shape) + chance.normal(0, 15)
    return Radiograph(np.clip(np.round(read), 0, acquisition.WHITE).astype(np.uint16), plate.opacities, plate.marker)


def _write_table(path: Path, plan: Sequence[Exposure]) -> None:
    words = io.StringIO()
    table = csv.writer(words)
    table.writerow(["file", "finding", "site", "age", "sex", "view", "device"])
    for one in plan:
        table.writerow([file_name(one), one.given, one.site.name, one.age, one.sex, one.view, one.device])
    with atomic_write(path) as file:
        file.write(words.getvalue().encode())


def _key(plan: Sequence[Exposure], planted: Sequence[Planted], seed: int) -> dict[str, Any]:
    fact, value = hard_group(seed)
    hashes = [one.sha256 for one in planted]
    pictures = list(zip(plan, planted, strict=True))
    return {
        "seed": seed,
        "classes": list(CLASSES),
        "boxes": "left, top, right, bottom in pixels; the last two outside",
        "images": {found.sha256: _truth(one, found) for one, found in pictures},
        "wrong_labels": [found.sha256 for one, found in pictures if one.wrong],
        "shortcut": {
            "what": "lead marker",
            "site": next(one.site.name for one in plan if one.site.marks),
            "images": [found.sha256 for one, found in pictures if one.marker],
        },
        "near_duplicates": [[hashes[one.copies], hashes[one.number]] for one in plan if one.copies is not None],
        "failing_subgroup": {
            "fact": fact,
            "value": value,
            "images": [found.sha256 for one, found in pictures if one.hard],
        },
    }


def _truth(one: Exposure, found: Planted) -> dict[str, Any]:
    return {
        "patient": f"DEMO-{one.patient:04d}",
        "truth": one.truth,
        "given": one.given,
        "opacities": found.opacities,
        "marker": found.marker,
        **one.facts,
    }
