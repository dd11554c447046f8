"""A home with drawn CT: ten stacks of three slices of 16 × 16 pixels, whose slices are labelled and frozen as "one"."""

from pathlib import Path

import numpy as np
from pydicom.uid import CTImageStorage

from core.curation.recipe import Recipe
from core.services.annotation import annotations, tasks
from core.services.datasets import snapshots
from tests.core.conftest import Home, make
from tests.core.services.images.stack_files import write


def draw_ct_home(folder: Path) -> Path:
    """Draw it; gives the home's folder. Values are whole numbers, more of them further up; the first row is padding."""
    for patient in range(10):
        for place in range(3):
            stored = np.random.default_rng([patient, place]).integers(24, 1224 + 300 * place, (16, 16), np.uint16)
            stored[0] = 0
            write(
                folder / f"in/{patient}-{place}.dcm",
                5.0 * place,
                pixels=stored,
                series=str(patient),
                PatientID=str(patient),
                sop=CTImageStorage,
                Modality="CT",
                RescaleSlope=1,
                RescaleIntercept=-1024,
                PixelPaddingValue=0,
            )
    made = make(folder / "home")
    made.take(folder / "in")
    freeze_images(made, "one")
    made.db.close()
    return made.settings.home


def freeze_images(home: Home, name: str) -> int:
    """Label the images of the home yes and no in turn in a new task, and freeze them; the id of the snapshot."""
    task = tasks.create(home.db, name=name, classes=["yes", "no"])
    for number, case in enumerate(annotations.queue(home.db, task_id=task.id, limit=100)):
        annotations.label(home.db, case_id=case.id, answer="label", label=number % 2, by="ann", key=f"{name}{number}")
    return snapshots.freeze(home.db, task.id, Recipe(val=0.2, test=0.2), name=name, by="ann").id
