"""The numbers of a run on one split, from its predictions, at the operating point that stands."""

from dataclasses import replace
from typing import Any

import numpy as np

from core.errors import InvalidInput
from core.evaluation.binary_metrics import metrics_at_threshold
from core.evaluation.multiclass import multilabel_metrics
from core.evaluation.regression import RegressionReport, regression_report
from core.evaluation.report import Report, report
from core.services.evaluation import operating_points
from core.services.predictions import score_arrays
from core.services.predictions.operating_point_view import PointView
from core.services.training import runs
from db import Database
from db.vocabulary import Level, PatientRule, TaskKind

OTHER_LEVEL = "The threshold was chosen for each {chosen}, and the figures count each {counted}."


def evaluate(
    db: Database, run_id: int, *, split: str = "test", finding: int | None = None, resamples: int = 1000, seed: int = 0
) -> Report:
    """Figures with 95 % intervals, resampled by patient; of a run about findings, of one of them.

    They are at the run's operating point; of many classes the most probable one is called.

    Raises:
        NotFound: no such run.
        InvalidInput: the split was not predicted yet, or the run is about findings and none is named, or a number.
    """
    run = runs.get(db, run_id)
    if run.kind is TaskKind.NUMBER or (run.kind is TaskKind.MULTI) != (finding is not None):
        raise InvalidInput(
            f"Run {run_id} answers with {run.kind.value}; ask for that: a finding by its place, a "
            "number by its errors, else the classes."
        )
    found = score_arrays.score_arrays(db, run_id, split)
    if finding is None and len(run.classes) > 2:
        return multiclass_report(run, found, resamples=resamples, seed=seed)
    point = operating_points.current_or_default(db, run_id, finding or 0)
    return at_point(run, found, point, finding=finding, resamples=resamples, seed=seed)


def multiclass_report(
    run: runs.RunView, found: score_arrays.ScoreArrays, *, resamples: int = 1000, seed: int = 0
) -> Report:
    """Many classes, the most probable one called: means over classes, each against the rest, and of ordered ones how
    far off the calls are.
    """
    return report(
        found.scores,
        found.labels,
        found.names(),
        list(run.classes),
        ordered=run.kind is TaskKind.ORDINAL,
        resamples=resamples,
        seed=seed,
    )


def at_point(
    run: runs.RunView,
    found: score_arrays.ScoreArrays,
    point: PointView,
    *,
    finding: int | None = None,
    prevalence: float | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> Report:
    """The figures of one yes/no question at a point, by case or by patient; PPV and NPV at a typed prevalence.

    Raises:
        InvalidInput: as `scored.of`, or the prevalence is none.
    """
    asked = score_arrays.class_scores(run, found, finding=finding, point=point)
    classes, yes = _classes(run, point, finding)
    p = np.empty((len(asked.cases), 2))
    p[:, yes], p[:, 1 - yes] = asked.scores, 1 - asked.scores
    made = report(
        p,
        np.where(asked.truth, yes, 1 - yes),
        [asked.patients[row] for row in asked.owner.tolist()],
        classes,
        positive=yes,
        threshold=point.threshold,
        ordered=run.kind is TaskKind.ORDINAL and len(run.classes) == 2,
        resamples=resamples,
        seed=seed,
    )
    if prevalence is None:
        return made
    moved = metrics_at_threshold(asked, point.threshold, prevalence=prevalence, resamples=resamples, seed=seed)
    return replace(made, metrics=made.metrics | {name: moved[name] for name in ("ppv", "npv")})


def evaluate_regression(
    db: Database, run_id: int, *, split: str = "test", per_patient: bool = False, resamples: int = 1000, seed: int = 0
) -> RegressionReport:
    """How near a run's numbers come, with 95 % intervals, resampled by patient; each patient counted once, or images.

    Raises:
        NotFound: no such run.
        InvalidInput: the split was not predicted yet.
    """
    found = score_arrays.score_arrays(db, run_id, split)
    if per_patient:
        found = score_arrays.patient_means(found)
    return regression_report(found.scores[:, 0], found.truths[:, 0], found.names(), resamples=resamples, seed=seed)


def as_json(
    db: Database, run_id: int, *, split: str = "test", level: str = "", rule: str = "", prevalence: float | None = None
) -> dict[str, Any]:
    """What fits the run: a report, one for each finding, or the errors of its numbers.

    `level` ("image", "patient") and `rule` count otherwise than the operating point does, where they are told.

    Raises:
        NotFound: no such run.
        InvalidInput: as `evaluate`; a level, a rule or a prevalence of what is no yes or no, or that is none.
    """
    run, found = runs.get(db, run_id), score_arrays.score_arrays(db, run_id, split)
    if run.kind is TaskKind.NUMBER:
        if prevalence is not None or rule not in ("", PatientRule.MEAN) or (level == Level.IMAGE and rule):
            raise InvalidInput(
                f"Run {run_id} answers with a number, which takes no prevalence, and of the rules for "
                "patients the mean: --level patient."
            )
        per_patient = level == Level.PATIENT or bool(rule)
        said = evaluate_regression(db, run_id, split=split, per_patient=per_patient).to_json()
        level, rule = (Level.PATIENT, PatientRule.MEAN) if per_patient else (Level.IMAGE, PatientRule.NONE)
        return {"level": level.value, "patient_rule": rule.value, **said}
    if run.kind is TaskKind.MULTI:
        places = enumerate(run.classes)
        each = {name: _finding(db, run, found, at, level, rule, prevalence) for at, name in places}
        return {"findings": each, "together": _together(db, run, found, level, rule)}
    point = with_level(operating_points.current_or_default(db, run_id), level, rule)
    if len(run.classes) == 2:
        return _said(run, found, point, prevalence, chosen=operating_points.current_or_default(db, run_id))
    every = {"level": Level.IMAGE.value, **multiclass_report(run, found).to_json()}
    if point.id is None and not (point.per_patient or prevalence is not None):
        return every
    return every | {
        "at_point": _said(run, found, point, prevalence, chosen=operating_points.current_or_default(db, run_id))
    }


def with_level(point: PointView, level: str, rule: str) -> PointView:
    """The point, counting images or patients as told; "" leaves it as it is.

    Raises:
        InvalidInput: no such level or rule, or a rule for images.
    """
    if not level and not rule:
        return point
    level = level or Level.PATIENT.value
    rules = [one.value for one in PatientRule if one]
    if level not in [one.value for one in Level] or rule not in ("", *rules) or (level == Level.IMAGE and rule):
        raise InvalidInput(
            f"Level '{level}' with the rule '{rule}' is not known; patients are counted by one of "
            f"{', '.join(rules)}, images by none."
        )
    if level == Level.IMAGE:
        return replace(point, level=Level.IMAGE, patient_rule=PatientRule.NONE)
    return replace(point, level=Level.PATIENT, patient_rule=PatientRule(rule or point.patient_rule or PatientRule.MAX))


def _finding(
    db: Database,
    run: runs.RunView,
    found: score_arrays.ScoreArrays,
    at: int,
    level: str,
    rule: str,
    prevalence: float | None,
) -> dict[str, Any]:
    chosen = operating_points.current_or_default(db, run.id, at)
    try:
        return _said(run, found, with_level(chosen, level, rule), prevalence, chosen=chosen, finding=at)
    except InvalidInput as error:
        if not np.isnan(found.truths[:, at]).all():
            raise
        return {"undefined": str(error)}  # of one finding nothing is known here: the others have figures


def _together(
    db: Database, run: runs.RunView, found: score_arrays.ScoreArrays, level: str, rule: str
) -> dict[str, dict[str, Any]]:
    """All findings of which something is known: the mean over them, and all their answers pooled."""
    known = [at for at in range(len(run.classes)) if not np.isnan(found.truths[:, at]).all()]
    points = [with_level(operating_points.current_or_default(db, run.id, at), level, rule) for at in known]
    asked = [
        score_arrays.class_scores(run, found, finding=at, point=point) for at, point in zip(known, points, strict=True)
    ]
    made = multilabel_metrics(asked, [point.threshold for point in points])
    return {
        "macro": {name: one.to_json() for name, one in made.macro.items()},
        "micro": {name: one.to_json() for name, one in made.micro.items()},
    }


def _said(
    run: runs.RunView,
    found: score_arrays.ScoreArrays,
    point: PointView,
    prevalence: float | None,
    *,
    chosen: PointView,
    finding: int | None = None,
) -> dict[str, Any]:
    made = at_point(run, found, point, finding=finding, prevalence=prevalence)
    said = {
        "level": point.level.value,
        "patient_rule": point.patient_rule.value,
        "prevalence": prevalence,
        "point": chosen.to_json(),
    }
    if point.level is not chosen.level:
        said["note"] = OTHER_LEVEL.format(chosen=chosen.level.value, counted=point.level.value)
    return said | made.to_json()


def _classes(run: runs.RunView, point: PointView, finding: int | None) -> tuple[list[str], int]:
    """The two answers, in the order of the run's classes where there are two, and which is yes."""
    if finding is not None:
        return ["absent", "present"], point.positive
    if len(run.classes) == 2:
        return list(run.classes), point.positive
    return [f"not {run.classes[point.positive]}", run.classes[point.positive]], 1
