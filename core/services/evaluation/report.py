"""Report the metrics of a run on one split, from its predictions, at the current operating point."""

from dataclasses import replace
from typing import Any

import numpy as np

from core.errors import InvalidInput
from core.evaluation.binary_metrics import metrics_at_threshold
from core.evaluation.metrics import PREDICTIVE_VALUES
from core.evaluation.multiclass import multilabel_metrics
from core.evaluation.regression import RegressionReport, regression_report
from core.evaluation.report import Report, report
from core.services.evaluation import operating_points
from core.services.predictions import score_arrays
from core.services.predictions.operating_point_view import PointView
from core.services.training import runs
from db import Database
from db.vocabulary import Level, PatientRule, TaskKind

OTHER_LEVEL = "The threshold was chosen per {chosen}, and the metrics are counted per {counted}."


def evaluate(
    db: Database, run_id: int, *, split: str = "test", finding: int | None = None, resamples: int = 1000, seed: int = 0
) -> Report:
    """Return the metrics with 95 % intervals (bootstrap over patients); of a multi-label run for one finding.

    Metrics are at the run's operating point; with more than two classes the most probable class is the prediction.

    Raises:
        NotFound: no such run.
        InvalidInput: the split has no predictions, a multi-label run without a finding, or a run about a number.
    """
    run = runs.get(db, run_id)
    if run.kind is TaskKind.NUMBER or (run.kind is TaskKind.MULTI) != (finding is not None):
        raise InvalidInput(
            f"Run {run_id} predicts {run.kind.value}: choose a finding for a multi-label run, the errors for a "
            "number, and no finding for classes."
        )
    arrays = score_arrays.score_arrays(db, run_id, split)
    if finding is None and len(run.classes) > 2:
        return multiclass_report(run, arrays, resamples=resamples, seed=seed)
    point = operating_points.current_or_default(db, run_id, finding or 0)
    return at_point(run, arrays, point, finding=finding, resamples=resamples, seed=seed)


def multiclass_report(
    run: runs.RunView, arrays: score_arrays.ScoreArrays, *, resamples: int = 1000, seed: int = 0
) -> Report:
    """Report many classes, the most probable one predicted: macro means, one-vs-rest, and ordinal distances."""
    return report(
        arrays.scores,
        arrays.labels,
        arrays.names(),
        list(run.classes),
        ordered=run.kind is TaskKind.ORDINAL,
        resamples=resamples,
        seed=seed,
    )


def at_point(
    run: runs.RunView,
    arrays: score_arrays.ScoreArrays,
    point: PointView,
    *,
    finding: int | None = None,
    prevalence: float | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> Report:
    """Return the metrics of one binary question at a point, per case or per patient; predictive values at `prevalence`.

    Raises:
        InvalidInput: see `score_arrays.class_scores`; or the prevalence is out of range.
    """
    scores = score_arrays.class_scores(run, arrays, finding=finding, point=point)
    classes, yes = _binary_names(run, point, finding)
    p = np.empty((len(scores.cases), 2))
    p[:, yes], p[:, 1 - yes] = scores.scores, 1 - scores.scores
    made = report(
        p,
        np.where(scores.truth, yes, 1 - yes),
        [scores.patients[row] for row in scores.owner.tolist()],
        classes,
        positive=yes,
        threshold=point.threshold,
        ordered=run.kind is TaskKind.ORDINAL and len(run.classes) == 2,
        resamples=resamples,
        seed=seed,
    )
    if prevalence is None:
        return made
    moved = metrics_at_threshold(scores, point.threshold, prevalence=prevalence, resamples=resamples, seed=seed)
    return replace(made, metrics=made.metrics | {name: moved[name] for name in PREDICTIVE_VALUES})


def evaluate_regression(
    db: Database, run_id: int, *, split: str = "test", per_patient: bool = False, resamples: int = 1000, seed: int = 0
) -> RegressionReport:
    """Report the errors of a run about a number, with 95 % intervals (bootstrap over patients), per image or patient.

    Raises:
        NotFound: no such run.
        InvalidInput: the split has no predictions.
    """
    arrays = score_arrays.score_arrays(db, run_id, split)
    if per_patient:
        arrays = score_arrays.patient_means(arrays)
    return regression_report(arrays.scores[:, 0], arrays.truths[:, 0], arrays.names(), resamples=resamples, seed=seed)


def as_json(
    db: Database, run_id: int, *, split: str = "test", level: str = "", rule: str = "", prevalence: float | None = None
) -> dict[str, Any]:
    """Return the JSON that fits the run: one report, one per finding, or the errors of a number.

    `level` ("image", "patient") and `rule` replace those of the operating point if given.

    Raises:
        NotFound: no such run.
        InvalidInput: as `evaluate`; an unknown level or rule, or a prevalence that does not fit the run.
    """
    run, arrays = runs.get(db, run_id), score_arrays.score_arrays(db, run_id, split)
    if run.kind is TaskKind.NUMBER:
        if prevalence is not None or rule not in ("", PatientRule.MEAN) or (level == Level.IMAGE and rule):
            raise InvalidInput(
                f"Run {run_id} predicts a number: leave out the prevalence, and use the rule mean for patients "
                "(--level patient)."
            )
        per_patient = level == Level.PATIENT or bool(rule)
        errors = evaluate_regression(db, run_id, split=split, per_patient=per_patient).to_json()
        level, rule = (Level.PATIENT, PatientRule.MEAN) if per_patient else (Level.IMAGE, PatientRule.NONE)
        return {"level": level.value, "patient_rule": rule.value, **errors}
    if run.kind is TaskKind.MULTI:
        positions = enumerate(run.classes)
        by_finding = {name: _finding_json(db, run, arrays, at, level, rule, prevalence) for at, name in positions}
        return {"findings": by_finding, "together": _macro_micro(db, run, arrays, level, rule)}
    point = with_level(operating_points.current_or_default(db, run_id), level, rule)
    if len(run.classes) == 2:
        return _report_json(run, arrays, point, prevalence, chosen=operating_points.current_or_default(db, run_id))
    all_classes = {"level": Level.IMAGE.value, **multiclass_report(run, arrays).to_json()}
    if point.id is None and not (point.per_patient or prevalence is not None):
        return all_classes
    return all_classes | {
        "at_point": _report_json(run, arrays, point, prevalence, chosen=operating_points.current_or_default(db, run_id))
    }


def with_level(point: PointView, level: str, rule: str) -> PointView:
    """Return the point with this level and patient rule; "" leaves them unchanged.

    Raises:
        InvalidInput: an unknown level or rule, or a rule for images.
    """
    if not level and not rule:
        return point
    level = level or Level.PATIENT.value
    rules = [known.value for known in PatientRule if known]
    if level not in [known.value for known in Level] or rule not in ("", *rules) or (level == Level.IMAGE and rule):
        raise InvalidInput(
            f"Level '{level}' with rule '{rule}' is not possible; for patients choose one of {', '.join(rules)}, "
            "for images give no rule."
        )
    if level == Level.IMAGE:
        return replace(point, level=Level.IMAGE, patient_rule=PatientRule.NONE)
    return replace(point, level=Level.PATIENT, patient_rule=PatientRule(rule or point.patient_rule or PatientRule.MAX))


def _finding_json(
    db: Database,
    run: runs.RunView,
    arrays: score_arrays.ScoreArrays,
    at: int,
    level: str,
    rule: str,
    prevalence: float | None,
) -> dict[str, Any]:
    chosen = operating_points.current_or_default(db, run.id, at)
    try:
        return _report_json(run, arrays, with_level(chosen, level, rule), prevalence, chosen=chosen, finding=at)
    except InvalidInput as error:
        if not np.isnan(arrays.truths[:, at]).all():
            raise
        return {"undefined": str(error)}  # one finding without known labels; the others have metrics


def _macro_micro(
    db: Database, run: runs.RunView, arrays: score_arrays.ScoreArrays, level: str, rule: str
) -> dict[str, dict[str, Any]]:
    """Return macro (mean over findings) and micro (pooled) metrics of the findings with known labels."""
    known = [at for at in range(len(run.classes)) if not np.isnan(arrays.truths[:, at]).all()]
    points = [with_level(operating_points.current_or_default(db, run.id, at), level, rule) for at in known]
    scores = [
        score_arrays.class_scores(run, arrays, finding=at, point=point) for at, point in zip(known, points, strict=True)
    ]
    made = multilabel_metrics(scores, [point.threshold for point in points])
    return {
        "macro": {name: value.to_json() for name, value in made.macro.items()},
        "micro": {name: value.to_json() for name, value in made.micro.items()},
    }


def _report_json(
    run: runs.RunView,
    arrays: score_arrays.ScoreArrays,
    point: PointView,
    prevalence: float | None,
    *,
    chosen: PointView,
    finding: int | None = None,
) -> dict[str, Any]:
    made = at_point(run, arrays, point, finding=finding, prevalence=prevalence)
    header = {
        "level": point.level.value,
        "patient_rule": point.patient_rule.value,
        "prevalence": prevalence,
        "point": chosen.to_json(),
    }
    if point.level is not chosen.level:
        header["note"] = OTHER_LEVEL.format(chosen=chosen.level.value, counted=point.level.value)
    return header | made.to_json()


def _binary_names(run: runs.RunView, point: PointView, finding: int | None) -> tuple[list[str], int]:
    """Return the names of the two answers, in class order if the run has two, and the positive one's position."""
    if finding is not None:
        return ["absent", "present"], point.positive
    if len(run.classes) == 2:
        return list(run.classes), point.positive
    return [f"not {run.classes[point.positive]}", run.classes[point.positive]], 1
