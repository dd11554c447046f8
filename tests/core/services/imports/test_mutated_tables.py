"""However a table is damaged, no label comes to another image than its own, and every row and file is accounted for."""

from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from core.errors import InvalidInput
from core.services.imports.import_request import ImportRequest
from core.services.imports.import_sources import ImportSources
from tests.core.conftest import Home
from tests.core.services.imports.mutations import mutated
from tests.core.services.imports.test_public_tables import labels_by_number

COUNT = 12


def label_of(number: int) -> str:
    return f"k{number:02}{number:02}{number:02}"  # more than two edits away from any other


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("mutated") / "in"
    for number in range(COUNT):
        path = (
            folder / ("a", "b")[number % 2] / f"{'same' if number < 4 else label_of(number).upper()}{number // 2}.png"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8), number, np.uint8)).save(path)
    return folder


def rows_of(folder: Path) -> list[list[str]]:
    """A table whose labels say which picture they belong to: paths, stems; the path where two share a name."""
    rows = [["image", "patient_id", "label", "site", "age"]]
    for path in sorted(folder.rglob("*.png")):
        number = number_in(path)
        name = path.relative_to(folder).as_posix() if number < 8 else path.name if number < 10 else path.stem
        rows.append([name, f"PAT-{number // 2}", label_of(number), "north", f"{40 + number},5"])
    return rows


def number_in(path: Path) -> int:
    with Image.open(path) as picture:
        return int(np.asarray(picture)[0, 0])


def check(folder: Path, request: ImportRequest, outcomes: Counter[str]) -> None:
    valid = {label_of(number) for number in range(COUNT)}
    try:
        sources = ImportSources.of(request)
    except InvalidInput:
        outcomes["refused"] += 1
        return
    table = sources.table
    assert table is not None
    for path in table.joined.rows:
        label = table.values(path).label
        assert label not in valid or label == label_of(number_in(path))
        outcomes["labelled"] += label in valid
    joined = table.joined
    assert table.rows.row_count >= len(joined.rows) + len(joined.ambiguous) + joined.missing_count
    assert {*joined.rows, *joined.unlisted} == {*folder.rglob("*.png")}
    outcomes["read"] += 1


@pytest.mark.parametrize("many", [200, pytest.param(2_000, marks=pytest.mark.slow)])
def test_no_label_comes_to_another_image(folder: Path, tmp_path: Path, many: int):
    rows, outcomes = rows_of(folder), Counter[str]()
    for seed in range(many):
        path = tmp_path / "t.csv"
        path.write_bytes(mutated(rows, Random(seed)))
        check(folder, ImportRequest(folder, metadata=path, task="t"), outcomes)
    assert outcomes["read"] > many / 5
    assert outcomes["labelled"] > many
    assert outcomes["refused"] > many / 20


@pytest.mark.parametrize("seed", range(3))
def test_the_same_in_the_catalogue(folder: Path, home: Home, tmp_path: Path, seed: int):
    (tmp_path / "t.csv").write_bytes(mutated(rows_of(folder), Random(seed)))
    try:
        report = home.take(folder, metadata=tmp_path / "t.csv", task="t")
    except InvalidInput:
        return
    assert report.files_found == report.imported + report.known + len(report.refused) + len(report.unlisted)
    valid = {label_of(number): number for number in range(COUNT)}
    labels = labels_by_number(home, "t")
    assert all(valid.get(label, number) == number for number, label in labels.items())
