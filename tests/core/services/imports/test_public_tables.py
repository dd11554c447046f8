"""Real-world tables are read without a column name typed: roles, labels, patients, facts."""

from pathlib import Path

import numpy as np
import pytest

from core.imaging.store import Store
from core.services.annotation import annotations, tasks
from core.services.images import images
from core.services.imports import table_preview
from core.services.imports.import_request import ImportRequest
from tests.core.conftest import Home
from tests.public_tables import TABLES


def number_of(home: Home, image_id: int) -> int:
    """The number that every pixel of a picture holds."""
    view = images.get(home.db, image_id)
    return int(np.fromfile(Store(home.settings.home).pixels(view.sha256), np.uint8, 1, offset=view.offset)[0])


def labels_by_number(home: Home, task: str) -> dict[int, str]:
    """The label of each labelled picture, by the number in its pixels."""
    made = tasks.task_named(home.db, task)
    names = [one.name for one in made.classes]
    cases = annotations.queue(home.db, task_id=made.id, only="labelled", limit=500)
    return {number_of(home, case.image_ids[0]): names[case.label or 0] for case in cases}


@pytest.mark.parametrize("name", TABLES)
def test_a_public_table_is_read_without_a_word(home: Home, tmp_path: Path, name: str):
    made = TABLES[name]
    folder, path = made.lay_out(tmp_path)
    shown = table_preview.preview(home.db, ImportRequest(folder, metadata=path, task=made.task))
    assert (shown.problem, shown.matched, shown.files) == ("", 6, 6)
    roles = {one.title: str(one.role) for one in shown.profiles}
    assert {title: roles[title] for title in made.roles} == made.roles
    report = home.take(folder, metadata=path, task=made.task)
    assert (report.imported, report.patients, len(report.unlisted)) == (6, made.patients, 0)
    assert labels_by_number(home, made.task) == {at: label for at, label in enumerate(made.labels) if label}
    assert dict(shown.labels) == report.table["labels"] == {one: made.labels.count(one) for one in made.labels if one}
    assert shown.class_order == tuple(one.name for one in tasks.task_named(home.db, made.task).classes)
    facts = {number_of(home, view.id): view.facts for view in images.page(home.db, images.Filter())}
    assert made.facts.items() <= facts[0].items()
