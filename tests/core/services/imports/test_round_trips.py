"""What is exported comes back as it was: labels of awkward classes, predictions, facts."""

import csv
from pathlib import Path

import pytest

from core.imaging.tables.table import read_table
from core.services.annotation import annotations, label_export, label_import, tasks
from core.services.evaluation import predictions_export
from core.services.images import images
from core.services.imports import table_preview
from core.services.imports.import_request import ImportRequest
from core.services.predictions import external, external_preview
from db.vocabulary import Answer
from tests.core.conftest import Home, copied

CLASSES = ["None", "NA", "normal", "0", "ja, links", "肺炎", 'say "a"', "=1+1"]


def labels(home: Home) -> list[list[str]]:
    path = home.settings.home / "out.csv"
    label_export.write(home.db, tasks.task_named(home.db, "odd").id, path)
    with path.open(newline="") as file:
        return sorted(line[:2] + line[4:7] for line in csv.reader(file))


def test_labels_of_awkward_classes(imported: Home, imported_once: Path, tmp_path: Path):
    other = copied(imported_once, tmp_path / "twin")
    for home in (imported, other):
        tasks.create(home.db, name="odd", classes=CLASSES)
    for number, case in enumerate(annotations.queue(imported.db, task_id=tasks.task_named(imported.db, "odd").id)):
        answer = {"answer": Answer.LABEL, "label": number % len(CLASSES)}
        annotations.label(imported.db, case_id=case.id, by="ann", key=str(number), **answer)
    before = labels(imported)
    path = imported.settings.home / "out.csv"
    report = label_import.import_labels(other.db, other.settings, task="odd", path=path, by="x")
    assert (report.labelled, report.without_label) == (12, 0)
    assert labels(other) == before
    other.db.close()


def test_predictions(trained: Home, tmp_path: Path):
    predictions_export.write(trained.db, 1, "test", tmp_path / "out.csv")
    run = external.import_predictions(
        trained.db, trained.settings, snapshot=1, name="again", csv=tmp_path / "out.csv", by="x"
    )
    predictions_export.write(trained.db, run, "test", tmp_path / "again.csv")
    scores = [
        [{name: cells[name] for name in cells if name == "image" or name.startswith("score")} for _, cells in rows]
        for rows in (read_table(tmp_path / name).records() for name in ("out.csv", "again.csv"))
    ]
    assert scores[0] == scores[1]
    assert len(scores[0]) > 0


def test_facts_by_the_sha256_of_their_files(trained: Home, pictures: Path, home_of_facts: Home, tmp_path: Path):
    predictions_export.write(trained.db, 1, "test", tmp_path / "out.csv")
    request = ImportRequest(pictures, metadata=tmp_path / "out.csv")
    shown = table_preview.preview(home_of_facts.db, request)
    roles = {one.title: str(one.role) for one in shown.profiles}
    assert (shown.problem, roles["image"], shown.matched) == ("", "file", 2)
    home_of_facts.take(pictures, metadata=tmp_path / "out.csv")
    before = {view.name: view.facts for view in images.page(trained.db, images.Filter())}
    after = {view.name: view.facts for view in images.page(home_of_facts.db, images.Filter())}
    assert len(after) == 2
    assert all(facts.items() >= before[name].items() for name, facts in after.items())


@pytest.fixture
def home_of_facts(other_home: Home, pictures: Path) -> Home:
    (pictures / "data.csv").unlink(missing_ok=True)
    return other_home


def test_matched_predictions_are_shown_before_they_are_taken(trained: Home, tmp_path: Path):
    predictions_export.write(trained.db, 1, "test", tmp_path / "out.csv")
    names = {view.sha256: view.id for view in images.page(trained.db, images.Filter())}
    shown = external_preview.matched_lines(trained.db, trained.settings, snapshot=1, csv=tmp_path / "out.csv")
    assert [(one.line, names[one.text]) for one in shown] == [(2 + at, one.image_id) for at, one in enumerate(shown)]
    (tmp_path / "names.csv").write_text("filename,b\nx/p10.png,0.5\nelsewhere.png,0.1\np11,0.25\n")
    shown = external_preview.matched_lines(trained.db, trained.settings, snapshot=1, csv=tmp_path / "names.csv")
    assert [(one.line, one.text, one.scores) for one in shown] == [
        (2, "x/p10.png", (0.5, 0.5)),
        (4, "p11", (0.75, 0.25)),
    ]
