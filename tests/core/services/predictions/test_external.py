"""Predictions made elsewhere become a run; what their file could not give is counted, and nothing is dropped unsaid."""

import csv
import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from PIL import Image as Picture
from sqlalchemy import text

from core.__main__ import main
from core.curation.recipe import Recipe
from core.errors import InvalidInput, NotFound, UserError
from core.imaging.tables import words
from core.imaging.tables.table import read_table
from core.services.annotation import annotations, tasks
from core.services.datasets import snapshots
from core.services.evaluation import predictions_export, report
from core.services.images import images
from core.services.predictions import external, predictions
from core.services.saliency import maps
from core.services.training import initial_weights, runs
from core.training.spec import TrainSpec
from db.tables import Fact, Image, SnapshotCase
from db.vocabulary import TaskKind
from tests.core.conftest import Asleep
from tests.core.services import films
from tests.core.services.predicted import draw


def written(path: Path, header: str, *lines: str) -> Path:
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def shas(home, drawn) -> list[str]:
    """The sha256 of each case's file, in the order of the cases."""
    with home.db.read() as session:
        return list(
            session.scalars(text('SELECT i.sha256 FROM "case" c JOIN image i ON i.id = c.image_id ORDER BY c.id'))
        )


def take(home, snapshot: int, file: Path, name: str = "vendor 2.1") -> int:
    return external.import_predictions(home.db, home.settings, snapshot=snapshot, name=name, csv=file, by="ann")


@pytest.fixture
def films_frozen(home, data_dir, tmp_path):
    """Forty real films, labelled and frozen: (home, snapshot, file names)."""
    folder = films.laid(tmp_path / "films", data_dir, films.aged(data_dir, 40))
    home.take(folder, metadata=folder / "data.csv", task="abnormal", label_column="abnormal")
    task = tasks.task_named(home.db, "abnormal")
    frozen = snapshots.freeze(home.db, task.id, Recipe(val=0.25, test=0.25), name="films", by="ann")
    with (folder / "data.csv").open(newline="") as file:
        return home, frozen, [row["file"] for row in csv.DictReader(file)]


def test_of_real_films_they_are_reviewed_as_any_run(films_frozen, tmp_path, capsys, monkeypatch):
    home, frozen, names = films_frozen
    given = {name: float(score) for name, score in zip(names, np.linspace(0.05, 0.95, 40), strict=True)}
    with home.db.read() as session:
        image = {row.name: row for row in session.query(Image)}
    called = [
        name if at % 3 == 0 else image[name].sha256 if at % 3 == 1 else f"id:{image[name].id}"
        for at, name in enumerate(names)
    ]
    file = written(
        tmp_path / "scores.csv", "image,1", *(f"{one},{given[name]!r}" for one, name in zip(called, names, strict=True))
    )
    run_id = take(home, frozen.id, file)
    run = runs.get(home.db, run_id)
    assert (run.model, run.predicted, run.best_epoch, run.job, run.reviewable) == ("vendor 2.1", 40, None, None, True)
    rows = predictions.list_predictions(home.db, run_id)
    stored_value = {image[name].id: score for name, score in given.items()}
    assert {row.image_id: row.probabilities[1] for row in rows} == stored_value
    assert all(row.probabilities[0] == 1 - row.probabilities[1] for row in rows)
    assert external.describe_source(run.external_source) == "40 predictions from 40 lines of scores.csv."
    assert report.evaluate(home.db, run_id, split="test").metrics["auroc"].value is not None
    assert take(home, frozen.id, file) == run_id  # the same file again is the same run
    assert take(home, frozen.id, file, "vendor 3") != run_id
    out = tmp_path / "out.csv"
    assert predictions_export.write(home.db, run_id, "all", out) == 40
    back = take(home, frozen.id, out, "read back")
    assert [row.probabilities for row in predictions.list_predictions(home.db, back)] == [
        row.probabilities for row in rows
    ]
    monkeypatch.setenv("ROUNDS_READER", "ann")
    assert main(["--home", str(home.settings.home), "runs", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [one["model"] for one in listed] == ["read back", "vendor 3", "vendor 2.1"]
    assert main(["--home", str(home.settings.home), "runs", str(run_id), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["outside"]["file"] == "scores.csv"


def test_what_needs_a_model_says_that_there_is_none(home, tmp_path):
    drawn = draw(home.db, patients=12)
    run = take(
        home, drawn.snapshot, written(tmp_path / "s.csv", "image,score", *(f"{one},0.5" for one in shas(home, drawn)))
    )
    with home.db.read() as session:
        image = (
            session.query(SnapshotCase, Image).join(Image, Image.patient_id == SnapshotCase.patient_id).first()[1].id
        )
    message = f"Run {run} has external predictions and no model here; "
    request = (
        lambda: predictions.submit(home.db, run_id=run, split="test", by="a", key="k", launcher=Asleep()),
        lambda: predictions.checkpoint(home.db, run),
        lambda: maps.explain(home.db, home.settings, run_id=run, image_id=image),
    )
    for ask in request:
        with pytest.raises(InvalidInput) as refused:
            ask()
        assert str(refused.value).startswith(message)
    assert maps.methods(runs.get(home.db, run)) == []
    spec = TrainSpec(start="run", start_run=run)
    with pytest.raises(NotFound, match=f"initial run .start_run. {run} has no weights .external predictions."):
        initial_weights.check_no_leakage_from_run(home.db, drawn.snapshot, spec)


def test_what_gives_no_prediction_is_counted_with_its_lines(home, tmp_path):
    drawn = draw(home.db, patients=12)
    beside = draw(home.db, patients=3, name="beside")
    ours = shas(home, drawn)
    stored_value, other = ours[: len(drawn.cases)], ours[len(drawn.cases) :]
    lines = [f"{one},{at / 40!r}" for at, one in enumerate(stored_value[:30])]
    lines += [
        lines[3],
        f"{stored_value[30]},",
        f"{stored_value[31]},NaN",
        "gone.png,0.5",
        "123456,0.5",
        f"{other[0]},0.5",
        "",
    ]
    run = runs.get(home.db, take(home, drawn.snapshot, written(tmp_path / "s.csv", "image,ill", *lines)))
    assert beside.snapshot != drawn.snapshot
    assert run.predicted == 30
    result = run.external_source["left"]
    assert result == {
        "repeated": {"count": 1, "lines": [32]},
        "without_score": {"count": 2, "lines": [33, 34]},
        "not_frozen": {"count": 1, "lines": [37]},
        "unknown": {"count": 2, "lines": [35, 36]},
    }
    assert run.external_source["lines"] == 36
    assert sum(run.external_source["splits"].values()) == 30
    assert sum(run.external_source["missing"].values()) == 6
    message = external.describe_source(run.external_source)
    assert message.startswith("30 predictions from 36 lines of s.csv; 1 line repeated (line 32), 2 lines without")
    assert "cases of the test split without a prediction" in message


def test_a_file_about_test_alone_misses_nothing_of_training(home, tmp_path):
    drawn = draw(home.db, patients=12)
    test = {row.case_id for row in predictions.list_predictions(home.db, drawn.run, split="test")}
    lines = [f"{sha},0.25,0.75" for case, sha in zip(drawn.cases, shas(home, drawn), strict=True) if case in test]
    run = runs.get(home.db, take(home, drawn.snapshot, written(tmp_path / "s.csv", "image,well,Ill", *lines)))
    assert run.external_source["splits"] == {"test": len(test)}
    assert run.external_source["missing"] == {}


@pytest.mark.parametrize(
    ("kind", "header", "scores", "stored"),
    [
        (TaskKind.MULTI, "image;score nodule;Effusion", "0,25;0.5", (0.5, 0.25)),
        (TaskKind.NUMBER, "image,value", "-71.5", (-71.5,)),
        (TaskKind.ORDINAL, "image\tEFFUSION\tnodule", "0.3\t0.7", (0.3, 0.7)),
    ],
)
def test_every_kind_of_answer_has_its_columns(home, tmp_path, kind, header, scores, stored):
    drawn = draw(home.db, kind, ("effusion", "nodule"), patients=6)
    mark = next(one for one in ";\t," if one in header)
    file = written(tmp_path / "s.csv", header, *(f"{one}{mark}{scores}" for one in shas(home, drawn)))
    rows = predictions.list_predictions(home.db, take(home, drawn.snapshot, file))
    assert {row.probabilities for row in rows} == {stored}
    assert len(rows) == 18


def test_any_image_of_a_stack_names_its_case(home, tmp_path):
    drawn = draw(home.db, patients=6, each=3)
    with home.db.transaction() as session:  # the first patient's case is a stack of all three images
        session.execute(text("DELETE FROM prediction"))
        first, *others = drawn.cases[:3]
        images = [row[0] for row in session.execute(text('SELECT image_id FROM "case" ORDER BY id LIMIT 3'))]
        session.execute(
            text("DELETE FROM snapshot_case WHERE case_id IN (:a, :b)"), dict(zip("ab", others, strict=True))
        )
        session.execute(
            text("UPDATE snapshot_case SET images = :images WHERE case_id = :case"),
            {"images": json.dumps(images), "case": first},
        )
    ours = shas(home, drawn)
    run = take(home, drawn.snapshot, written(tmp_path / "s.csv", "image,ill", f"{ours[2]},0.9", f"{ours[1]},0.9"))
    assert [row.case_id for row in predictions.list_predictions(home.db, run)] == [first]
    assert runs.get(home.db, run).external_source["left"]["repeated"]["count"] == 1
    with pytest.raises(
        InvalidInput, match=r"Lines 2 and 3 of s.csv give the same case different scores; keep one line"
    ):
        take(home, drawn.snapshot, written(tmp_path / "s.csv", "image,ill", f"{ours[2]},0.9", f"{ours[1]},0.8"))


@pytest.mark.parametrize(
    ("header", "line", "why"),
    [
        ("slide,ill", "{own},0.5", "has no column 'image'. Its columns are: slide, ill"),
        ("image,sick", "{own},0.5", "has no score column 'Ill' or 'score'; its columns are: image, sick"),
        ("image,ill", "{own},4.2", "line 2: the score is '4.2'; give a probability from 0 to 1"),
        ("image,ill", "{own},high", "line 2: the score is 'high'; give a probability"),
        ("image,ill", "{own},inf", "line 2: the score is 'inf'"),
        ("image,well,ill", "{own},0.5,", "line 2: the score is ''; give a probability from 0 to 1"),
        ("image,well,ill", "{own},0.9,0.9", "line 2: the probabilities of the 2 classes add up to 1.8"),
        ("image,ill", ",0.5", "line 2: the image is missing"),
        ("image,ill", "gone.png,0.5", "None of the 1 lines of s.csv has a score for an image of snapshot 'one'"),
        ("image,ill", "", "None of the 0 lines"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_and_nothing_is_taken(home, tmp_path, header, line, why):
    drawn = draw(home.db, patients=3)
    before = len(runs.list_runs(home.db))
    with pytest.raises(InvalidInput) as refused:
        take(home, drawn.snapshot, written(tmp_path / "s.csv", header, line.format(own=shas(home, drawn)[0])))
    assert why in str(refused.value)
    assert len(runs.list_runs(home.db)) == before


def test_names_and_files_that_are_not_there(home, tmp_path):
    drawn = draw(home.db, patients=3)
    file = written(tmp_path / "s.csv", "image,ill", f"{shas(home, drawn)[0]},0.5")
    with pytest.raises(InvalidInput, match="need the name of their model"):
        take(home, drawn.snapshot, file, " ")
    with pytest.raises(NotFound, match="There is no snapshot 99"):
        take(home, 99, file)
    with pytest.raises(UserError, match="cannot be opened"):
        take(home, drawn.snapshot, tmp_path / "none.csv")
    with home.db.transaction() as session:
        session.execute(text("UPDATE image SET sha256 = 'a' || substr(sha256, 2), item = id"))
        session.execute(text("UPDATE image SET sha256 = (SELECT max(sha256) FROM image)"))
    twice = shas(home, drawn)[0]
    with pytest.raises(InvalidInput, match=f"Line 2: 9 images are named '{twice}': id:1 .*Give the sha256"):
        take(home, drawn.snapshot, written(tmp_path / "s.csv", "image,ill", f"{twice},0.5"))
    item = take(home, drawn.snapshot, written(tmp_path / "s.csv", "image,item,ill", f"{twice},2,0.5"))
    assert runs.get(home.db, item).predicted == 1


def test_whole_numbers_are_names_before_anything_else(home, tmp_path):
    """A perfect model's scores of files 1 … 12 go to the files of those names, not to the catalogue's ids."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in (10, 11, 12, *range(1, 10)):
        PIL.Image.new("L", (8, 8), number).save(folder / f"{number}.png")
    home.take(folder)
    task = tasks.create(home.db, name="t", classes=["no", "yes"])
    for case in annotations.queue(home.db, task_id=task.id, limit=20):
        name = images.get(home.db, case.image_ids[0]).name
        answer = int(name.removesuffix(".png")) % 2
        annotations.label(home.db, case_id=case.id, answer="label", label=answer, by="ann", key=name)
    frozen = snapshots.freeze(home.db, task.id, Recipe(val=0.2, test=0.2), name="one", by="ann")
    file = written(tmp_path / "s.csv", "image,yes", *(f"{number},{number % 2}" for number in range(1, 13)))
    for row in predictions.list_predictions(home.db, take(home, frozen.id, file)):
        assert row.probabilities[1] == int(images.get(home.db, row.image_id).name.removesuffix(".png")) % 2


def test_formulas_leave_as_texts_and_come_back(home, tmp_path):
    drawn = draw(home.db, patients=12, classes=("=healthy", "@ill"))
    with home.db.transaction() as session:
        image = session.query(Image).first()
        image.name = "=cmd.png"
        session.add(Fact(image_id=image.id, name="-note", value="+1 of 2"))
    predictions_export.write(home.db, drawn.run, "all", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        lines = list(csv.reader(file))
    begun = {cell for line in lines for cell in line if cell[:1] in set("=+-@") and words.number(cell) is None}
    assert begun == set()
    table = read_table(tmp_path / "out.csv")
    assert ("=cmd.png", "+1 of 2") in {(row["name"], row["-note"]) for _, row in table.records()}
    back = take(home, drawn.snapshot, tmp_path / "out.csv")
    scores = [[row.probabilities for row in predictions.list_predictions(home.db, one)] for one in (drawn.run, back)]
    assert scores[0] == scores[1]


def test_lines_that_are_counted_from_0_are_not_taken_for_names(home, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(1, 13):
        Picture.fromarray(np.full((8, 8), number, np.uint8)).save(folder / f"{number}.png")
    labels = written(folder / "t.csv", "file,label", *(f"{number}.png,{'ab'[number % 2]}" for number in range(1, 13)))
    home.take(folder, metadata=labels, task="t", label_column="label")
    frozen = snapshots.freeze(
        home.db, tasks.task_named(home.db, "t").id, Recipe(val=0.25, test=0.25), name="one", by="ann"
    )
    counted = written(tmp_path / "s.csv", "image,b", *(f"{row},0.5" for row in range(12)))
    with pytest.raises(InvalidInput, match="are counted from 0, no file is called 0"):
        take(home, frozen.id, counted)
    assert runs.list_runs(home.db) == []
