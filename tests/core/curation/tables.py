"""Random but repeatable tables of labelled cases, and the real ones."""

import csv
import hashlib
from pathlib import Path

import numpy as np

from core.curation.records import LabelledCase

CLASSES = ("normal", "pneumonia", "effusion")


def random_rows(seed, *, patients=120, classes=3):
    """Patients with 1 to 30 images, rare classes, a site per patient and a view per image."""
    rng = np.random.default_rng(seed)
    rows = []
    rates = rng.dirichlet(np.full(classes, 2.0))
    for patient in range(patients):
        site, leaning = f"site {rng.integers(4)}", rng.dirichlet(8 * rates + 0.05)
        for _ in range(int(np.ceil(rng.exponential(3)))):
            label = int(rng.choice(classes, p=leaning))
            facts = {"site": site, "view": str(rng.choice(["AP", "PA", ""]))}
            rows.append(LabelledCase(len(rows), f"P-{patient:04}", label, facts, f"hash {len(rows)}"))
    return rows


def chest_rows(data_dir: Path):
    """The labelled images of the chest X-ray table: 588 of 185 patients."""
    with (data_dir / "cxr" / "metadata.csv").open(encoding="utf-8", newline="") as file:
        table = [line for line in csv.DictReader(file) if line["abnormal"]]
    return [LabelledCase(i, line["patient_id"], int(line["abnormal"]), line) for i, line in enumerate(table)]


def pneumonia_rows(data_dir: Path):
    """PneumoniaMNIST with its own splits; each image its own patient."""
    rows = []
    with np.load(data_dir / "medmnist" / "pneumoniamnist.npz") as arrays:
        for split in ("train", "val", "test"):
            labels = arrays[f"{split}_labels"][:, 0]
            for image, label in zip(arrays[f"{split}_images"], labels, strict=True):
                sha256 = hashlib.sha256(image.tobytes()).hexdigest()
                rows.append(LabelledCase(len(rows), f"P-{len(rows)}", int(label), {"split": split}, sha256))
    return rows
