"""Every figure of `rounds evaluate --json` is what scikit-learn makes of the CSV that `rounds predictions` wrote."""

import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn import metrics

from core.__main__ import main
from core.evaluation.metrics import ORDER
from core.services.evaluation import operating_points
from db.vocabulary import TaskKind
from tests.core.evaluation.independent import recomputed
from tests.core.services.predicted import draw

MANY = ("none", "mild", "severe")
RULES = {"max": np.max, "mean": np.mean, "noisy_or": lambda scores: 1 - np.prod(1 - scores)}
ALIKE = {"abs": 1e-9, "rel": 1e-9}


def cli_json(capsys, home, *argv: object) -> dict:
    code = main([str(one) for one in ("--home", home.settings.home, *argv, "--json")])
    out, err = capsys.readouterr()
    assert code == 0, err
    return json.loads(out)


@pytest.fixture
def rounds_json(capsys, home, tmp_path, monkeypatch):
    """Both sides of a run: the lines of its CSV, and what evaluate says with further options."""
    monkeypatch.setenv("ROUNDS_READER", "tester")
    monkeypatch.delenv("ROUNDS_DATABASE_URL", raising=False)

    def both(run: int, *more: object) -> tuple[list[dict[str, str]], dict]:
        file: Path = tmp_path / "out.csv"
        written = cli_json(capsys, home, "predictions", "export", "--run", run, "--out", file)
        with file.open(newline="") as opened:
            lines = list(csv.DictReader(opened))
        assert written["lines"] == len(lines)
        return lines, cli_json(capsys, home, "evaluate", "--run", run, *more)

    return both


def column(lines: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(line[name]) for line in lines])


def by_patient(lines: list[dict[str, str]], scores, truth, rule: str) -> tuple[np.ndarray, np.ndarray]:
    of = defaultdict(list)
    for line, score, true in zip(lines, scores, truth, strict=True):
        of[line["patient"]].append((score, true))
    pairs = [(RULES[rule](np.array([score for score, _ in one])), any(true for _, true in one)) for one in of.values()]
    return np.array([score for score, _ in pairs]), np.array([true for _, true in pairs])


def values(figures: dict) -> dict[str, float]:
    assert all(one["low"] <= one["value"] <= one["high"] for one in figures.values())
    assert all(one["method"] for one in figures.values())
    return {name: one["value"] for name, one in figures.items()}


def agrees(result: dict, scores, truth, prevalence: float | None = None) -> None:
    expected = recomputed(ORDER, truth, scores, scores >= result["threshold"], prevalence)
    assert values(result["metrics"]) == pytest.approx(expected, **ALIKE)
    table = metrics.confusion_matrix(truth, scores >= result["threshold"], labels=[False, True])
    assert result["confusion"] == table.tolist()
    assert result["images"] == len(scores)


def test_of_two_classes_at_a_stored_point(home, rounds_json):
    run = draw(home.db).run
    operating_points.set_operating_point(home.db, run, rule={"kind": "sensitivity", "at_least": 0.9}, by="ann")
    lines, result = rounds_json(run, "--prevalence", 0.02)
    scores, truth = column(lines, "score ill"), np.array([line["truth"] == "ill" for line in lines])
    agrees(result, scores, truth, 0.02)
    assert [line["called"] == "ill" for line in lines] == (scores >= result["threshold"]).tolist()
    assert (result["patients"], result["point"]["by"], result["looks_at_test"]) == (20, "ann", 1)
    _, plain = rounds_json(run)
    agrees(plain, scores, truth)


@pytest.mark.parametrize("rule", ["noisy_or", *(pytest.param(one, marks=pytest.mark.slow) for one in ("max", "mean"))])
def test_of_patients(home, rounds_json, rule):
    run = draw(home.db).run
    operating_points.set_operating_point(home.db, run, threshold=0.7, level="patient", patient_rule=rule, by="ann")
    lines, result = rounds_json(run)
    each, truth = column(lines, "score ill"), np.array([line["truth"] == "ill" for line in lines])
    scores, ill = by_patient(lines, each, truth, rule)
    agrees(result, scores, ill)
    assert (result["level"], result["patient_rule"], result["images"], result["patients"]) == ("patient", rule, 20, 20)
    calls = {line["patient"]: line["called"] == "ill" for line in lines}
    assert sum(calls.values()) == (scores >= 0.7).sum()
    _, images = rounds_json(run, "--level", "image")
    agrees(images, each, truth)
    assert images["note"] == "The threshold was chosen per patient, and the metrics are counted per image."


@pytest.mark.parametrize("method", ["temperature", pytest.param("isotonic", marks=pytest.mark.slow)])
def test_of_calibrated_scores(home, rounds_json, method):
    run = draw(home.db).run
    point = operating_points.set_operating_point(
        home.db,
        run,
        rule={"kind": "sensitivity", "at_least": 0.9},
        calibrator=method,
        level="patient",
        patient_rule="mean",
        by="ann",
    )
    lines, result = rounds_json(run)
    plain, given = column(lines, "score ill"), column(lines, "calibrated ill")
    fitted = point.calibrator
    stored_value = (
        expit(logit(plain) / fitted["temperature"])
        if method == "temperature"
        else np.interp(plain, fitted["x"], fitted["y"])
    )
    assert given == pytest.approx(stored_value, abs=1e-9)
    truth = np.array([line["truth"] == "ill" for line in lines])
    agrees(result, *by_patient(lines, given, truth, "mean"))


def test_of_findings_each_and_together(home, rounds_json):
    names = ("effusion", "nodule", "never said")
    run = draw(home.db, TaskKind.MULTI, names[:2]).run
    operating_points.set_operating_point(home.db, run, finding=0, threshold=0.3, by="ann")
    operating_points.set_operating_point(
        home.db, run, finding=1, rule={"kind": "specificity", "at_least": 0.6}, by="ann"
    )
    lines, result = rounds_json(run)
    pooled, each = [], {}
    for name in names[:2]:
        known = [line for line in lines if line[f"truth {name}"]]
        assert 0 < len(known) < len(lines)
        scores, truth = column(known, f"score {name}"), column(known, f"truth {name}") == 1
        item = result["findings"][name]
        agrees(item, scores, truth)
        called = scores >= item["threshold"]
        assert [line[f"called {name}"] == "1" for line in known] == called.tolist()
        assert {line[f"called {name}"] for line in lines if line not in known} == {""}
        each[name] = recomputed(ORDER, truth, scores, called)
        pooled.append((truth, scores, called))
    macro = {key: float(np.mean([one[key] for one in each.values()])) for key in each["nodule"]}
    assert values(result["together"]["macro"]) == pytest.approx(macro, **ALIKE)
    micro = recomputed(ORDER, *(np.concatenate(part) for part in zip(*pooled, strict=True)))
    assert values(result["together"]["micro"]) == pytest.approx(micro, **ALIKE)


@pytest.mark.parametrize("kind", [TaskKind.ORDINAL, pytest.param(TaskKind.SINGLE, marks=pytest.mark.slow)])
def test_of_many_classes(home, rounds_json, kind):
    run = draw(home.db, kind, MANY).run
    lines, result = rounds_json(run)
    scores = np.stack([column(lines, f"score {name}") for name in MANY], axis=1)
    truth = np.array([MANY.index(line["truth"]) for line in lines])
    called = scores.argmax(axis=1)
    assert [line["called"] for line in lines] == [MANY[at] for at in called]
    each = {name: recomputed(ORDER, truth == at, scores[:, at], called == at) for at, name in enumerate(MANY)}
    for name in MANY:
        assert values(result["per_class"][name]) == pytest.approx(each[name], **ALIKE)
    expected = {key: float(np.mean([one[key] for one in each.values()])) for key in each["mild"]} | {
        "accuracy": metrics.accuracy_score(truth, called),
        "mcc": metrics.matthews_corrcoef(truth, called),
        "kappa": metrics.cohen_kappa_score(truth, called),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, called),
        "sensitivity": metrics.recall_score(truth, called, average="macro"),
        "auroc": metrics.roc_auc_score(truth, scores, multi_class="ovr"),
    }
    if kind is TaskKind.ORDINAL:
        expected["weighted_kappa"] = metrics.cohen_kappa_score(truth, called, weights="quadratic")
        expected["mean_distance"] = metrics.mean_absolute_error(truth, called)
    assert values(result["metrics"]) == pytest.approx(expected, **ALIKE)
    assert result["confusion"] == metrics.confusion_matrix(truth, called).tolist()
    assert "at_point" not in result


def test_of_one_of_many_classes_at_its_point(home, rounds_json):
    run = draw(home.db, classes=MANY).run
    operating_points.set_operating_point(home.db, run, threshold=0.25, positive=1, by="ann")
    lines, result = rounds_json(run)
    scores, truth = column(lines, "score mild"), np.array([line["truth"] == "mild" for line in lines])
    agrees(result["at_point"], scores, truth)
    assert result["at_point"]["classes"] == ["not mild", "mild"]
    assert [line["called"] == "mild" for line in lines] == (scores >= 0.25).tolist()


@pytest.mark.parametrize("level", ["image", "patient"])
def test_of_numbers(home, rounds_json, level):
    run = draw(home.db, TaskKind.NUMBER, ()).run
    lines, result = rounds_json(run, "--level", level)
    given, truth = column(lines, "value"), column(lines, "truth")
    if level == "patient":
        patients = np.array([line["patient"] for line in lines])
        given, truth = (
            np.array([values[patients == one].mean() for one in np.unique(patients)]) for values in (given, truth)
        )
    assert (result["level"], result["images"]) == (level, len(given))
    expected = {
        "mae": metrics.mean_absolute_error(truth, given),
        "r2": metrics.r2_score(truth, given),
        "rmse": metrics.root_mean_squared_error(truth, given),
        "bias": float((given - truth).mean()),
    }
    results = values(result["metrics"])
    assert {name: results[name] for name in expected} == pytest.approx(expected, **ALIKE)
    assert set(results) <= {*expected, "mse"}
    if "mse" in results:
        assert results["mse"] == pytest.approx(metrics.mean_squared_error(truth, given), **ALIKE)
