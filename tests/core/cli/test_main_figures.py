"""The commands about figures: an operating point, patients, comparisons, groups, predictions in and out."""

import csv
import shutil
from pathlib import Path

import pytest

from core.services.workspace.home import open_home
from core.settings import Settings
from db.vocabulary import TaskKind
from tests.core.cli.test_main import home, run
from tests.core.conftest import empty_once
from tests.core.services.predicted import another, draw
from tests.core.services.predictions.test_coverage import best, drop

__all__ = ["empty_once", "home"]


@pytest.fixture
def rounds(capsys, home: Path):
    def said(*argv: object, ok: bool = True) -> dict:
        code, told, err = run(capsys, "--home", home, "--json", *argv)
        assert (code == 0) == ok, err
        return told

    return said


@pytest.fixture
def db(home: Path, empty_once: Path):
    shutil.copytree(empty_once, home)
    opened = open_home(Settings.read(str(home)))
    yield opened
    opened.close()


def test_a_point_is_chosen_shown_and_followed(rounds, db):
    one = draw(db).run
    assert rounds("operating-point", "--run", one)["words"] == "0.5, until an operating point is chosen"
    chosen = rounds(
        "operating-point", "--run", one, "--sensitivity", 0.9, "--calibrate", "temperature", "--rule", "mean"
    )
    assert (chosen["rule"], chosen["by"]) == ({"kind": "sensitivity", "at_least": 0.9}, "tester")
    assert (chosen["level"], chosen["patient_rule"], chosen["looks_at_test"]) == ("patient", "mean", 0)
    assert rounds("operating-point", "--run", one) == chosen
    told = rounds("evaluate", "--run", one)
    assert (told["threshold"], told["level"], told["images"]) == (chosen["threshold"], "patient", 20)
    assert (told["point"]["id"], told["looks_at_test"]) == (chosen["id"], 1)
    assert rounds("evaluate", "--run", one, "--level", "image")["images"] == 60
    assert rounds("evaluate", "--run", one, "--rule", "max")["patient_rule"] == "max"
    assert rounds("evaluate", "--run", one, "--split", "val").get("looks_at_test") is None
    assert rounds("operating-point", "--run", one)["looks_at_test"] == 1


def test_figures_tell_how_much_of_a_split_they_are_of(rounds, db):
    one = draw(db).run
    told = rounds("evaluate", "--run", one)
    assert (told["predicted"], told["cases"], told.get("note")) == (60, 60, None)
    drop(db, one, "test", 20)
    told = rounds("evaluate", "--run", one)
    assert (told["predicted"], told["cases"], told["images"]) == (20, 60, 20)
    part = f"Run {one} has predictions of 20 of 60 cases of the test split; its figures are of these."
    assert told["note"] == part
    best(db, one, "c")
    patients = rounds("evaluate", "--run", one, "--level", "patient")
    assert patients["note"].startswith("The threshold was chosen for each image, and the figures count each patient. R")
    assert patients["note"].endswith(f"{part} Predict it with `rounds predict --run {one} --split test`.")


def test_looks_at_findings_are_counted_at_the_point_of_each(rounds, db):
    one = draw(db, TaskKind.MULTI, ("effusion", "nodule")).run
    assert rounds("evaluate", "--run", one)["looks_at_test"] == 1  # none has a point of its own yet
    rounds("operating-point", "--run", one, "--finding", "nodule", "--threshold", 0.3)
    groups = ("subgroups", "--run", one, "--no-pairs", "--by", "site", "--finding")
    assert [rounds(*groups, name)["looks_at_test"] for name in ("effusion", "nodule", "nodule")] == [1, 2, 2]
    assert rounds("evaluate", "--run", one)["looks_at_test"] == 2


def test_what_a_point_cannot_be_is_one_sentence(rounds, db):
    one, several = draw(db).run, draw(db, TaskKind.MULTI, ("effusion", "nodule"), name="two").run
    asked = {
        ("--threshold", 2): "The threshold is 2.0; give a score from 0 to 1",
        ("--threshold", 0.5, "--sensitivity", 0.9): "not allowed with argument",
        ("--threshold", 0.5, "--finding", "nodule"): "answers with one single, not with findings",
        ("--threshold", 0.5, "--class", "planet"): "has no class 'planet'; it has: well, ill",
        ("--level", "patient"): "To choose an operating point give one of --threshold",
        ("--threshold", 0.5, "--level", "patient"): "to call patients name one of max, mean, noisy_or",
    }
    for more, why in asked.items():
        assert why in rounds("operating-point", "--run", one, *more, ok=False)["error"]
    assert "name one of them: effusion, nodule" in rounds("operating-point", "--run", several, ok=False)["error"]
    assert rounds("operating-point", "--run", several, "--finding", "Nodule", "--threshold", 0.25)["finding"] == 1
    for more, why in {
        ("--prevalence", 2): "The prevalence is 2.0",
        ("--level", "image", "--rule", "max"): "'max'",
    }.items():
        assert why in rounds("evaluate", "--run", one, *more, ok=False)["error"]


def test_two_runs_are_compared_and_groups_listed(rounds, db):
    drawn = draw(db)
    other = another(db, drawn, seed=5)
    told = rounds("compare", "--run", drawn.run, "--run", other)
    assert set(told["differences"]) >= {"auroc", "sensitivity", "specificity", "accuracy"}
    assert {"fixed", "broken", "both_wrong", "mcnemar", "delong", "note"} <= set(told)
    assert "1 runs are given; compare two: --run A --run B" in rounds("compare", "--run", 1, ok=False)["error"]
    elsewhere = draw(db, name="two").run
    refused = rounds("compare", "--run", drawn.run, "--run", elsewhere, ok=False)["error"]
    assert "cannot be compared on the test split, for one answers task" in refused
    groups = rounds("subgroups", "--run", drawn.run, "--metric", "sensitivity", "--by", "site, sex", "--no-pairs")
    assert {name for group in groups["groups"] for name in group["facts"]} == {"site", "sex"}
    assert groups["looks_at_test"] == 1


def test_runs_of_numbers_are_compared_by_their_errors(rounds, db):
    drawn = draw(db, TaskKind.NUMBER, ())
    other = another(db, drawn, seed=5)
    told = rounds("compare", "--run", drawn.run, "--run", other)
    assert set(told["differences"]) == {"mae", "mse", "rmse", "r2"}
    assert len(told["nearer"]) + len(told["further"]) == 60
    assert (told[f"looks_at_test_of_{drawn.run}"], told[f"looks_at_test_of_{other}"]) == (1, 1)
    groups = rounds("subgroups", "--run", drawn.run, "--by", "site", "--no-pairs")
    assert (groups["figure"], groups["point"], groups["looks_at_test"]) == ("mae", None, 1)
    assert {name for group in groups["groups"] for name in group["facts"]} == {"site"}
    refused = rounds("compare", "--run", drawn.run, "--run", other, "--class", "a", ok=False)["error"]
    assert "has neither findings nor classes" in refused


def test_predictions_go_out_and_come_back_with_the_same_figures(rounds, db, tmp_path):
    one = draw(db).run
    file = tmp_path / "all.csv"
    assert rounds("predictions", "export", "--run", one, "--split", "all", "--out", file)["lines"] == 180
    with file.open(newline="") as opened:
        assert {"image", "truth", "score well", "score ill", "called", "site", "age"} <= set(next(csv.reader(opened)))
    taken = rounds("predictions", "import", "--snapshot", "one", "--name", "copy", file)
    assert (taken["predicted"], taken["left"], taken["missing"]) == (180, {}, {})
    assert taken["words"] == "180 predictions from 180 lines of all.csv."
    here, there = (rounds("evaluate", "--run", run) for run in (one, taken["run"]))
    for own in ("run", "point"):
        here.pop(own), there.pop(own)
    assert here == there
    beside = rounds("compare", "--run", one, "--run", taken["run"])
    assert {name: told["value"] for name, told in beside["differences"].items()} == dict.fromkeys(here["metrics"], 0.0)
    assert (beside["fixed"], beside["broken"]) == ([], [])
    assert "made elsewhere" in rounds("predict", "--run", taken["run"], ok=False)["error"]
    assert rounds("runs")[0]["model"] == "copy"
