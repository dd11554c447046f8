"""The commands about figures: an operating point, patients, comparisons, groups, predictions in and out."""

import csv
import shutil
from pathlib import Path

import pytest

from core.cli.printing.result import JsonOnly, lines
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
    def run_json(*argv: object, ok: bool = True) -> dict:
        code, result, err = run(capsys, "--home", home, "--json", *argv)
        assert (code == 0) == ok, err
        return result

    return run_json


@pytest.fixture
def db(home: Path, empty_once: Path):
    shutil.copytree(empty_once, home)
    opened = open_home(Settings.read(str(home)))
    yield opened
    opened.close()


def test_a_point_is_chosen_shown_and_followed(rounds, db):
    run_id = draw(db).run
    assert rounds("operating-point", "--run", run_id)["words"] == "0.5 (default). No operating point chosen yet"
    chosen = rounds(
        "operating-point", "--run", run_id, "--sensitivity", 0.9, "--calibrate", "temperature", "--rule", "mean"
    )
    assert (chosen["rule"], chosen["by"]) == ({"kind": "sensitivity", "at_least": 0.9}, "tester")
    assert (chosen["level"], chosen["patient_rule"], chosen["looks_at_test"]) == ("patient", "mean", 0)
    assert rounds("operating-point", "--run", run_id) == chosen
    result = rounds("evaluate", "--run", run_id)
    assert (result["threshold"], result["level"], result["images"]) == (chosen["threshold"], "patient", 20)
    assert (result["point"]["id"], result["looks_at_test"]) == (chosen["id"], 1)
    assert rounds("evaluate", "--run", run_id, "--level", "image")["images"] == 60
    assert rounds("evaluate", "--run", run_id, "--rule", "max")["patient_rule"] == "max"
    assert rounds("evaluate", "--run", run_id, "--split", "val").get("looks_at_test") is None
    assert rounds("operating-point", "--run", run_id)["looks_at_test"] == 1


def test_figures_tell_how_much_of_a_split_they_are_of(rounds, db):
    run_id = draw(db).run
    result = rounds("evaluate", "--run", run_id)
    assert (result["predicted"], result["cases"], result.get("note")) == (60, 60, None)
    drop(db, run_id, "test", 20)
    result = rounds("evaluate", "--run", run_id)
    assert (result["predicted"], result["cases"], result["images"]) == (20, 60, 20)
    part = f"Run {run_id} has predicted 20 of 60 cases of the test split; its metrics use these cases only."
    assert result["note"] == part
    best(db, run_id, "c")
    patients = rounds("evaluate", "--run", run_id, "--level", "patient")
    assert patients["note"].startswith("The threshold was chosen per image, and the metrics are counted per patient. R")
    assert patients["note"].endswith(f"{part} Predict it with `rounds predict --run {run_id} --split test`.")


def test_looks_at_findings_are_counted_at_the_point_of_each(rounds, db):
    run_id = draw(db, TaskKind.MULTI, ("effusion", "nodule")).run
    assert rounds("evaluate", "--run", run_id)["looks_at_test"] == 1  # none has a point of its name yet
    rounds("operating-point", "--run", run_id, "--finding", "nodule", "--threshold", 0.3)
    groups = ("subgroups", "--run", run_id, "--no-pairs", "--by", "site", "--finding")
    assert [rounds(*groups, name)["looks_at_test"] for name in ("effusion", "nodule", "nodule")] == [1, 2, 2]
    assert rounds("evaluate", "--run", run_id)["looks_at_test"] == 2


def test_what_a_point_cannot_be_is_one_sentence(rounds, db):
    run_id, several = draw(db).run, draw(db, TaskKind.MULTI, ("effusion", "nodule"), name="two").run
    refusals = {
        ("--threshold", 2): "The threshold is 2.0; give a score from 0 to 1",
        ("--threshold", 0.5, "--sensitivity", 0.9): "not allowed with argument",
        ("--threshold", 0.5, "--finding", "nodule"): "predicts one single, not findings",
        ("--threshold", 0.5, "--class", "planet"): "has no class 'planet'; it has: well, ill",
        ("--level", "patient"): "To choose an operating point give one of --threshold",
        ("--threshold", 0.5, "--level", "patient"): "for patients give one of max, mean, noisy_or",
    }
    for more, why in refusals.items():
        assert why in rounds("operating-point", "--run", run_id, *more, ok=False)["error"]
    assert "choose one of them: effusion, nodule" in rounds("operating-point", "--run", several, ok=False)["error"]
    assert rounds("operating-point", "--run", several, "--finding", "Nodule", "--threshold", 0.25)["finding"] == 1
    for more, why in {
        ("--prevalence", 2): "The prevalence is 2.0",
        ("--level", "image", "--rule", "max"): "'max'",
    }.items():
        assert why in rounds("evaluate", "--run", run_id, *more, ok=False)["error"]


def test_two_runs_are_compared_and_groups_listed(rounds, db):
    drawn = draw(db)
    other = another(db, drawn, seed=5)
    result = rounds("compare", "--run", drawn.run, "--run", other)
    assert set(result["differences"]) >= {"auroc", "sensitivity", "specificity", "accuracy"}
    assert {"fixed", "broken", "both_wrong", "mcnemar", "delong", "note"} <= set(result)
    assert set(result["differences"]["auroc"]) == {"value", "low", "high", "n", "note", "method"}
    assert (result["baseline"], result["run"]) == (drawn.run, other)
    assert set(result["run_minus_baseline"]["auroc"]) == {"value", "low", "high", "n", "note", "method", "change"}
    assert result["run_minus_baseline"]["auroc"]["value"] == -result["differences"]["auroc"]["value"]
    at_rule = rounds("compare", "--run", drawn.run, "--run", other, "--specificity", 0.9)
    assert at_rule["operating_points"].startswith("One rule for both runs: a specificity of at least 0.9 on validation")
    text = "\n".join(lines({**result, "differences": JsonOnly(result["differences"])}))
    assert ("run_minus_baseline:" in text, "differences:" in text) == (True, False)
    assert "1 runs are given; compare two: --run A --run B" in rounds("compare", "--run", 1, ok=False)["error"]
    elsewhere = draw(db, name="two").run
    refused = rounds("compare", "--run", drawn.run, "--run", elsewhere, ok=False)["error"]
    assert "cannot be compared on the test split: they belong to different tasks" in refused
    groups = rounds("subgroups", "--run", drawn.run, "--metric", "sensitivity", "--by", "site, sex", "--no-pairs")
    assert {name for group in groups["groups"] for name in group["facts"]} == {"site", "sex"}
    assert groups["looks_at_test"] == 1


def test_runs_of_numbers_are_compared_by_their_errors(rounds, db):
    drawn = draw(db, TaskKind.NUMBER, ())
    other = another(db, drawn, seed=5)
    result = rounds("compare", "--run", drawn.run, "--run", other)
    assert set(result["differences"]) == {"mae", "mse", "rmse", "r2"}
    assert len(result["nearer"]) + len(result["further"]) == 60
    assert (result[f"looks_at_test_of_{drawn.run}"], result[f"looks_at_test_of_{other}"]) == (1, 1)
    groups = rounds("subgroups", "--run", drawn.run, "--by", "site", "--no-pairs")
    assert (groups["figure"], groups["point"], groups["looks_at_test"]) == ("mae", None, 1)
    assert {name for group in groups["groups"] for name in group["facts"]} == {"site"}
    refused = rounds("compare", "--run", drawn.run, "--run", other, "--class", "a", ok=False)["error"]
    assert "has neither findings nor classes" in refused


def test_predictions_go_out_and_come_back_with_the_same_figures(rounds, db, tmp_path):
    run_id = draw(db).run
    file = tmp_path / "all.csv"
    assert rounds("predictions", "export", "--run", run_id, "--split", "all", "--out", file)["lines"] == 180
    with file.open(newline="") as opened:
        assert {"image", "truth", "score well", "score ill", "called", "site", "age"} <= set(next(csv.reader(opened)))
    taken = rounds("predictions", "import", "--snapshot", "one", "--name", "copy", file)
    assert (taken["predicted"], taken["left"], taken["missing"]) == (180, {}, {})
    assert taken["words"] == "180 predictions from 180 lines of all.csv."
    first, second = (rounds("evaluate", "--run", run) for run in (run_id, taken["run"]))
    for name in ("run", "point"):
        first.pop(name), second.pop(name)
    assert first == second
    beside = rounds("compare", "--run", run_id, "--run", taken["run"])
    assert {name: metric["value"] for name, metric in beside["differences"].items()} == dict.fromkeys(
        first["metrics"], 0.0
    )
    assert (beside["fixed"], beside["broken"]) == ([], [])
    assert "external predictions" in rounds("predict", "--run", taken["run"], ok=False)["error"]
    assert rounds("runs")[0]["model"] == "copy"
