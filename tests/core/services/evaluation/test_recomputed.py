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
from core.services.evaluation import operating_points
from db.vocabulary import TaskKind
from tests.core.services.predicted import draw

MANY = ("none", "mild", "severe")
RULES = {"max": np.max, "mean": np.mean, "noisy_or": lambda scores: 1 - np.prod(1 - scores)}
ALIKE = {"abs": 1e-9, "rel": 1e-9}


def said(capsys, home, *argv: object) -> dict:
    code = main([str(one) for one in ("--home", home.settings.home, *argv, "--json")])
    out, err = capsys.readouterr()
    assert code == 0, err
    return json.loads(out)


@pytest.fixture
def asked(capsys, home, tmp_path, monkeypatch):
    """Both sides of a run: the lines of its CSV, and what evaluate says with further options."""
    monkeypatch.setenv("ROUNDS_READER", "tester")
    monkeypatch.delenv("ROUNDS_DATABASE_URL", raising=False)

    def both(run: int, *more: object) -> tuple[list[dict[str, str]], dict]:
        file: Path = tmp_path / "out.csv"
        written = said(capsys, home, "predictions", "export", "--run", run, "--out", file)
        with file.open(newline="") as opened:
            lines = list(csv.DictReader(opened))
        assert written["lines"] == len(lines)
        return lines, said(capsys, home, "evaluate", "--run", run, *more)

    return both


def column(lines: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(line[name]) for line in lines])


def by_patient(lines: list[dict[str, str]], scores, truth, rule: str) -> tuple[np.ndarray, np.ndarray]:
    of = defaultdict(list)
    for line, score, true in zip(lines, scores, truth, strict=True):
        of[line["patient"]].append((score, true))
    pairs = [(RULES[rule](np.array([score for score, _ in one])), any(true for _, true in one)) for one in of.values()]
    return np.array([score for score, _ in pairs]), np.array([true for _, true in pairs])


def ece(scores: np.ndarray, truth: np.ndarray) -> float:
    gap = 0.0
    for low in range(10):
        inside = (scores >= low / 10) & ((scores < (low + 1) / 10) | (low == 9))
        gap += abs(scores[inside].sum() - truth[inside].sum())
    return gap / len(scores)


def recomputed(scores, truth, called, prevalence: float | None = None) -> dict[str, float]:
    tn, fp, fn, tp = metrics.confusion_matrix(truth, called, labels=[False, True]).ravel()
    se, sp = metrics.recall_score(truth, called), metrics.recall_score(truth, called, pos_label=False)
    ppv, npv = metrics.precision_score(truth, called), metrics.precision_score(~truth, ~called)
    if prevalence is not None:
        ppv = se * prevalence / (se * prevalence + (1 - sp) * (1 - prevalence))
        npv = sp * (1 - prevalence) / (sp * (1 - prevalence) + (1 - se) * prevalence)
    assert (se, sp) == (tp / (tp + fn), tn / (tn + fp))
    return {
        "auroc": metrics.roc_auc_score(truth, scores),
        "average_precision": metrics.average_precision_score(truth, scores),
        "accuracy": metrics.accuracy_score(truth, called),
        "sensitivity": se,
        "specificity": sp,
        "ppv": ppv,
        "npv": npv,
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, called),
        "f1": metrics.f1_score(truth, called),
        "mcc": metrics.matthews_corrcoef(truth, called),
        "kappa": metrics.cohen_kappa_score(truth, called),
        "brier": metrics.brier_score_loss(truth, scores),
        "ece": ece(scores, truth),
    }


def values(figures: dict) -> dict[str, float]:
    assert all(one["low"] <= one["value"] <= one["high"] for one in figures.values())
    assert all(one["method"] for one in figures.values())
    return {name: one["value"] for name, one in figures.items()}


def agrees(told: dict, scores, truth, prevalence: float | None = None) -> None:
    wanted = recomputed(scores, truth, scores >= told["threshold"], prevalence)
    assert values(told["metrics"]) == pytest.approx(wanted, **ALIKE)
    table = metrics.confusion_matrix(truth, scores >= told["threshold"], labels=[False, True])
    assert told["confusion"] == table.tolist()
    assert told["images"] == len(scores)


def test_of_two_classes_at_a_stored_point(home, asked):
    run = draw(home.db).run
    operating_points.set_operating_point(home.db, run, rule={"kind": "sensitivity", "at_least": 0.9}, by="ann")
    lines, told = asked(run, "--prevalence", 0.02)
    scores, truth = column(lines, "score ill"), np.array([line["truth"] == "ill" for line in lines])
    agrees(told, scores, truth, 0.02)
    assert [line["called"] == "ill" for line in lines] == (scores >= told["threshold"]).tolist()
    assert (told["patients"], told["point"]["by"], told["looks_at_test"]) == (20, "ann", 1)
    _, plain = asked(run)
    agrees(plain, scores, truth)


@pytest.mark.parametrize("rule", ["noisy_or", *(pytest.param(one, marks=pytest.mark.slow) for one in ("max", "mean"))])
def test_of_patients(home, asked, rule):
    run = draw(home.db).run
    operating_points.set_operating_point(home.db, run, threshold=0.7, level="patient", patient_rule=rule, by="ann")
    lines, told = asked(run)
    each, truth = column(lines, "score ill"), np.array([line["truth"] == "ill" for line in lines])
    scores, ill = by_patient(lines, each, truth, rule)
    agrees(told, scores, ill)
    assert (told["level"], told["patient_rule"], told["images"], told["patients"]) == ("patient", rule, 20, 20)
    calls = {line["patient"]: line["called"] == "ill" for line in lines}
    assert sum(calls.values()) == (scores >= 0.7).sum()
    _, images = asked(run, "--level", "image")
    agrees(images, each, truth)
    assert images["note"] == "The threshold was chosen for each patient, and the figures count each image."


@pytest.mark.parametrize("method", ["temperature", pytest.param("isotonic", marks=pytest.mark.slow)])
def test_of_calibrated_scores(home, asked, method):
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
    lines, told = asked(run)
    plain, given = column(lines, "score ill"), column(lines, "calibrated ill")
    fitted = point.calibrator
    own = (
        expit(logit(plain) / fitted["temperature"])
        if method == "temperature"
        else np.interp(plain, fitted["x"], fitted["y"])
    )
    assert given == pytest.approx(own, abs=1e-9)
    truth = np.array([line["truth"] == "ill" for line in lines])
    agrees(told, *by_patient(lines, given, truth, "mean"))


def test_of_findings_each_and_together(home, asked):
    names = ("effusion", "nodule", "never said")
    run = draw(home.db, TaskKind.MULTI, names[:2]).run
    operating_points.set_operating_point(home.db, run, finding=0, threshold=0.3, by="ann")
    operating_points.set_operating_point(
        home.db, run, finding=1, rule={"kind": "specificity", "at_least": 0.6}, by="ann"
    )
    lines, told = asked(run)
    pooled, each = [], {}
    for name in names[:2]:
        known = [line for line in lines if line[f"truth {name}"]]
        assert 0 < len(known) < len(lines)
        scores, truth = column(known, f"score {name}"), column(known, f"truth {name}") == 1
        one = told["findings"][name]
        agrees(one, scores, truth)
        called = scores >= one["threshold"]
        assert [line[f"called {name}"] == "1" for line in known] == called.tolist()
        assert {line[f"called {name}"] for line in lines if line not in known} == {""}
        each[name] = recomputed(scores, truth, called)
        pooled.append((scores, truth, called))
    macro = {key: float(np.mean([one[key] for one in each.values()])) for key in each["nodule"]}
    assert values(told["together"]["macro"]) == pytest.approx(macro, **ALIKE)
    micro = recomputed(*(np.concatenate(part) for part in zip(*pooled, strict=True)))
    assert values(told["together"]["micro"]) == pytest.approx(micro, **ALIKE)


@pytest.mark.parametrize("kind", [TaskKind.ORDINAL, pytest.param(TaskKind.SINGLE, marks=pytest.mark.slow)])
def test_of_many_classes(home, asked, kind):
    run = draw(home.db, kind, MANY).run
    lines, told = asked(run)
    scores = np.stack([column(lines, f"score {name}") for name in MANY], axis=1)
    truth = np.array([MANY.index(line["truth"]) for line in lines])
    called = scores.argmax(axis=1)
    assert [line["called"] for line in lines] == [MANY[at] for at in called]
    each = {name: recomputed(scores[:, at], truth == at, called == at) for at, name in enumerate(MANY)}
    for name in MANY:
        assert values(told["per_class"][name]) == pytest.approx(each[name], **ALIKE)
    wanted = {key: float(np.mean([one[key] for one in each.values()])) for key in each["mild"]} | {
        "accuracy": metrics.accuracy_score(truth, called),
        "mcc": metrics.matthews_corrcoef(truth, called),
        "kappa": metrics.cohen_kappa_score(truth, called),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, called),
        "sensitivity": metrics.recall_score(truth, called, average="macro"),
        "auroc": metrics.roc_auc_score(truth, scores, multi_class="ovr"),
    }
    if kind is TaskKind.ORDINAL:
        wanted["weighted_kappa"] = metrics.cohen_kappa_score(truth, called, weights="quadratic")
        wanted["mean_distance"] = metrics.mean_absolute_error(truth, called)
    assert values(told["metrics"]) == pytest.approx(wanted, **ALIKE)
    assert told["confusion"] == metrics.confusion_matrix(truth, called).tolist()
    assert "at_point" not in told


def test_of_one_of_many_classes_at_its_point(home, asked):
    run = draw(home.db, classes=MANY).run
    operating_points.set_operating_point(home.db, run, threshold=0.25, positive=1, by="ann")
    lines, told = asked(run)
    scores, truth = column(lines, "score mild"), np.array([line["truth"] == "mild" for line in lines])
    agrees(told["at_point"], scores, truth)
    assert told["at_point"]["classes"] == ["not mild", "mild"]
    assert [line["called"] == "mild" for line in lines] == (scores >= 0.25).tolist()


@pytest.mark.parametrize("level", ["image", "patient"])
def test_of_numbers(home, asked, level):
    run = draw(home.db, TaskKind.NUMBER, ()).run
    lines, told = asked(run, "--level", level)
    given, truth = column(lines, "value"), column(lines, "truth")
    if level == "patient":
        patients = np.array([line["patient"] for line in lines])
        given, truth = (
            np.array([values[patients == one].mean() for one in np.unique(patients)]) for values in (given, truth)
        )
    assert (told["level"], told["images"]) == (level, len(given))
    wanted = {
        "mae": metrics.mean_absolute_error(truth, given),
        "r2": metrics.r2_score(truth, given),
        "rmse": metrics.root_mean_squared_error(truth, given),
        "bias": float((given - truth).mean()),
    }
    found = values(told["metrics"])
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, **ALIKE)
    assert set(found) <= {*wanted, "mse"}
    if "mse" in found:
        assert found["mse"] == pytest.approx(metrics.mean_squared_error(truth, given), **ALIKE)
