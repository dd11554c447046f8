"""Label → freeze → train → predict → evaluate → explain on real films: findings, numbers, several tasks, studies."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.curation.recipe import Recipe
from core.errors import InvalidInput
from core.services.annotation import annotations, tasks
from core.services.datasets import snapshots, training_examples
from core.services.evaluation import report
from core.services.images import images
from core.services.predictions import predictions
from core.services.saliency import maps as saliency_maps
from core.services.training import runs, submit
from core.training.spec import TrainSpec
from db.tables import Prediction
from db.vocabulary import Answer, TaskKind, Unit
from tests.core.conftest import Asleep, Home, done, make
from tests.core.services import films

QUICK = TrainSpec(model="small_cnn", epochs=1, batch_size=16, image_size=32, threads=1)
RECIPE = Recipe(val=0.25, test=0.25)
SIGNS = ["Infiltration", "Effusion"]


@pytest.fixture
def home(tmp_path):
    made = make(tmp_path / "home")
    yield made
    made.db.close()


def answered(home: Home, task: tasks.TaskView, answer_for) -> None:
    """Every case of a task, by what is said of its number and its file."""
    for number, case in enumerate(annotations.queue(home.db, task_id=task.id, limit=1000)):
        answer = answer_for(number, images.get(home.db, case.image_ids[0]).name)
        annotations.label(home.db, case_id=case.id, by="ann", key=f"{task.id} {case.id}", **{"label": None, **answer})


def trained(home: Home, task: tasks.TaskView, *, also=(), **spec) -> tuple[int, int]:
    """Its snapshot, and a run whose test split is predicted."""
    frozen = snapshots.freeze(home.db, task.id, RECIPE, name=f"{task.name} {spec} {also}", by="ann")
    made = submit.submit(
        home.db,
        snapshot_id=frozen.id,
        spec=replace(QUICK, **spec),
        by="ann",
        key=frozen.name,
        launcher=Asleep(),
        also=also,
    )
    done(home, made.job)
    done(
        home,
        predictions.submit(home.db, run_id=made.run, split="test", by="ann", key=frozen.name, launcher=Asleep()).job,
    )
    return frozen.id, made.run


def test_findings_numbers_and_both_at_once(home, data_dir, tmp_path):
    rows = films.aged(data_dir, 60)
    folder = films.laid(tmp_path / "films", data_dir, rows)
    home.take(folder, metadata=folder / "data.csv")
    of = {Path(row["file"]).name: row for row in rows}
    signs = tasks.create(home.db, name="signs", classes=SIGNS, kind=TaskKind.MULTI)
    age = tasks.create(home.db, name="age", kind=TaskKind.NUMBER, measure="years")
    answered(
        home,
        signs,
        lambda _, name: {
            "answer": Answer.FINDINGS,
            "findings": {at: "present" if sign in of[name]["finding"] else "absent" for at, sign in enumerate(SIGNS)},
        },
    )
    answered(home, age, lambda _, name: {"answer": Answer.VALUE, "value": float(of[name]["age"])})

    _, run = trained(home, signs)
    rows = predictions.list_predictions(home.db, run, split="test")
    findings = report.as_json(home.db, run)["findings"]
    assert list(findings) == SIGNS
    assert (
        findings["Effusion"]["images"]
        == len(predictions.list_predictions(home.db, run, split="test", finding=1))
        == len(rows)
    )
    with pytest.raises(InvalidInput, match=f"Run {run} predicts multi"):
        report.evaluate(home.db, run)

    ages, run = trained(home, age)
    metrics = report.evaluate_regression(home.db, run)
    rows = predictions.list_predictions(home.db, run, split="test")
    assert metrics.metrics["mae"].value == pytest.approx(sum(abs(row.error) for row in rows) / len(rows))
    assert saliency_maps.explain(home.db, home.settings, run_id=run, image_id=rows[0].image_id).class_name == "age"

    _, run = trained(home, signs, also=(ages,))
    with home.db.read() as session:
        stored = session.query(Prediction).filter(Prediction.run_id == run).all()
    assert all(len(one.probabilities) == 2 and list(one.more) == ["age"] for one in stored)
    assert 10 < sum(one.more["age"][0] for one in stored) / len(stored) < 100


@pytest.mark.parametrize("model", ["cross_attention", "attention_mil"])
def test_two_views_of_a_study_and_a_map_of_each(home, data_dir, tmp_path, model):
    folder = films.laid(tmp_path / "films", data_dir, films.two_views(data_dir, 9))
    home.take(folder, metadata=folder / "data.csv")
    task = tasks.create(home.db, name="icu", classes=["no", "yes"], unit=Unit.STUDY)
    answered(home, task, lambda number, _: {"answer": Answer.LABEL, "label": number % 2})
    frozen, run = trained(home, task, model=model)
    case = training_examples.examples_of(home.db, home.settings, frozen, split="test")[0]
    assert {plane.view for plane in case.images} == {"PA", "AP"}
    maps = [
        saliency_maps.explain(home.db, home.settings, run_id=run, image_id=int(plane.image)) for plane in case.images
    ]
    assert maps[0].path.read_bytes() != maps[1].path.read_bytes()
    assert saliency_maps.pictures(home.db, runs.get(home.db, run), int(case.key)) == tuple(
        int(plane.image) for plane in case.images
    )
    assert {one.picture for one in maps} == {
        f"image {at} of 2 ({plane.view})" for at, plane in enumerate(case.images, 1)
    }
    if model == "attention_mil":
        assert maps[0].image_weights == maps[1].image_weights
        assert sum(share for _, share in maps[0].image_weights) == pytest.approx(1)
        assert maps[0].title.endswith(f"weight {100 * dict(maps[0].image_weights)[maps[0].picture]:.0f} %")
