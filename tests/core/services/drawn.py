"""Homes with the same real images, and every shape drawn on them by two readers."""

import random
from pathlib import Path

import numpy as np

from core.imaging.drawings import masks
from core.services.annotation import annotations, drawing_export, drawings, tasks
from core.services.annotation.tasks import TaskView
from core.services.images import images
from tests.core.conftest import Home

TASK, CLASSES = "draw", ("lesion", "Größe\\1", "=rest")
SHAPES = ("box", "ellipse", "polygon", "freehand", "mask", "point")
READERS = ("@ann", "Dr. Ö. Berg")


def with_task(home: Home, *folders: Path, **options) -> TaskView:
    for folder in folders:
        home.take(folder)
    return tasks.create(home.db, name=TASK, classes=CLASSES, **options)


def geometry(shape: str, rows: int, columns: int, rng: random.Random) -> dict:
    """Something of that shape in an image of that size."""

    def spot():
        return [rng.uniform(0, columns), rng.uniform(0, rows)]

    if shape == "mask":
        stripes = max(37, (rows + columns) // 12)  # no more of them in a large image, whose outline would be long
        pixels = (np.add.outer(np.arange(rows), np.arange(columns)) % stripes) < rng.randint(3, 20)
        pixels[rows // 3, columns // 4] ^= True  # a hole, or a speck
        return {"counts": masks.to_counts(pixels)}
    if shape in ("box", "ellipse"):
        corners = [
            [columns * rng.uniform(0, 0.4), rows * rng.uniform(0, 0.4)],
            [columns * rng.uniform(0.5, 1), rows * rng.uniform(0.5, 1)],
        ]
        return {"points": corners} if shape == "box" else {"points": corners, "angle": rng.uniform(-180, 180)}
    return {"points": [spot() for _ in range({"point": 1, "polygon": 5, "freehand": 50}[shape])]}


def draw_everywhere(home: Home, task: TaskView, *, seed: int = 1) -> int:
    """Every shape on every case, on any of its slices and frames, with a class or none, some edited, some erased."""
    rng, count = random.Random(seed), 0
    cases = annotations.queue(home.db, task_id=task.id, limit=1000)
    cases.sort(key=lambda case: images.get(home.db, case.image_ids[0]).sha256)  # an import numbers them as they come
    for index, case in enumerate(cases):
        for shape in SHAPES:
            image = images.get(home.db, rng.choice(case.image_ids))
            frame, key, versions = rng.randrange(image.format.frames), f"{case.id}-{shape}", rng.choice((1, 1, 2, 3))
            for version in range(versions):
                count += 1
                drawings.draw(
                    home.db,
                    case_id=case.id,
                    image_id=image.id,
                    frame=frame,
                    key=key,
                    shape=shape,
                    geometry=geometry(shape, image.format.rows, image.format.columns, rng),
                    label=(None, 0, 1, 2)[count % 4],
                    by=READERS[count % 2],
                    client=f"{key}-{version}",
                    erased=version == 2 and index > 0,
                )
    return count


def exported(home: Home, format: str, out: Path) -> bytes:
    """The bytes of an export into one file."""
    drawing_export.export(home.db, home.settings, task=TASK, format=format, out=out)
    return out.read_bytes()
