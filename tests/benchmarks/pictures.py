"""Made 16-bit pictures: smooth content with noise, two classes, and data.csv that says which."""

import csv
from pathlib import Path

import numpy as np
from PIL import Image


def write_pictures(folder: Path, count: int, *, edge: int) -> list[Path]:
    """`count` PNG files of edge × edge, 16 bit."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(0)
    down, across = np.mgrid[-1 : 1 : edge * 1j, -1 : 1 : edge * 1j]
    paths, rows = [], []
    for number in range(count):
        x, y, width = chance.uniform((-0.5, -0.5, 0.2), (0.5, 0.5, 0.6))
        light = 20000 + 30000 * np.exp(-((across - x) ** 2 + (down - y) ** 2) / width**2)
        grey = np.clip(light + chance.normal(0, 300, light.shape), 0, 65535).astype(np.uint16)
        paths.append(folder / f"{number:05}.png")
        Image.fromarray(grey).save(paths[-1])
        rows.append((paths[-1].name, f"PAT-{number}", "ab"[number % 2]))
    with (folder / "data.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file", "patient_id", "kind"), *rows])
    return paths
