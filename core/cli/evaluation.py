"""Commands that tell how good a model is, and why."""

from collections.abc import Mapping
from typing import Any

from core.cli import context
from core.cli.output import Output
from core.cli.parser import Arguments
from core.errors import InvalidInput
from core.settings import default_reader


def operate(arguments: Arguments) -> Output:
    from core.services.evaluation import operating_points
    from core.services.training import runs

    db, _, _ = context.open_workspace(arguments)
    run = runs.get(db, arguments.run)
    finding = runs.finding_named(run, arguments.finding)
    rule = next(
        (
            {"kind": kind, "at_least": least}
            for kind in ("sensitivity", "specificity")
            if (least := getattr(arguments, kind)) is not None
        ),
        None,
    )
    if arguments.threshold is None and rule is None:
        if arguments.level or arguments.rule or arguments.calibrate or arguments.positive:
            raise InvalidInput("To choose an operating point give one of --threshold, --sensitivity or --specificity.")
        point = operating_points.current_or_default(db, run.id, finding or 0)
    else:
        point = operating_points.set_operating_point(
            db,
            run.id,
            by=default_reader(),
            finding=finding or 0,
            threshold=arguments.threshold,
            rule=rule,
            positive=runs.class_named(run, arguments.positive),
            calibrator=arguments.calibrate or None,
            level=arguments.level or ("patient" if arguments.rule else "image"),
            patient_rule=arguments.rule,
        )
    return {"run": run.id, **point.to_json(), "looks_at_test": operating_points.count_test_views(db, run.id)}


def evaluate(arguments: Arguments) -> Output:
    from core.services.evaluation import report
    from core.services.predictions import coverage

    db, _, _ = context.open_workspace(arguments)
    found = report.as_json(
        db,
        arguments.run,
        split=arguments.split,
        level=arguments.level,
        rule=arguments.rule,
        prevalence=arguments.prevalence,
    )
    there, note = coverage.coverage_of(db, arguments.run, arguments.split), found.pop("note", "")
    way = f" Predict it with `rounds predict --run {there.run_id} --split {there.split}`." if there.best else ""
    said = f"{note} {there.words}{way if there.words else ''}".strip()
    return {
        "run": arguments.run,
        "split": arguments.split,
        "predicted": there.predicted,
        "cases": there.cases,
        **({"note": said} if said else {}),
        **_looked(db, arguments.split, arguments.run),
        **found,
    }


def _looked(db: Any, split: str, *run_ids: int, finding: int | None = None) -> dict[str, int]:
    """Whoever sees figures of the test split is counted: of findings at the point of each, or of one alone."""
    from core.services.evaluation import operating_points
    from core.services.training import runs

    if split not in ("test", "all"):
        return {}
    reader, counts = default_reader(), []
    for run in (runs.get(db, one) for one in run_ids):
        places = range(len(run.classes) if run.kind == "multi" else 1) if finding is None else [finding]
        counts += [operating_points.record_test_view(db, run.id, reader, place) for place in places]
    return {"looks_at_test": max(counts)}


def compare(arguments: Arguments) -> Output:
    from core.services.evaluation import regression_comparison, run_comparison
    from core.services.training import runs

    db, _, _ = context.open_workspace(arguments)
    if len(arguments.runs) != 2:
        raise InvalidInput("Two runs are compared; name both: --run A --run B.")
    run = runs.get(db, arguments.runs[0])
    if run.kind == "number":
        if arguments.finding or arguments.positive:
            raise InvalidInput(f"Run {run.id} answers with a number, which has neither findings nor classes.")
        told = regression_comparison.compare(db, *arguments.runs, split=arguments.split).to_json()
        return {**told, **_looked_each(db, arguments.split, dict.fromkeys(arguments.runs, 0))}
    found = run_comparison.compare(
        db,
        *arguments.runs,
        split=arguments.split,
        finding=runs.finding_named(run, arguments.finding),
        positive=runs.class_named(run, arguments.positive),
    )
    places = {point.run_id: point.finding for point in found.points}
    return {**found.to_json(), **_looked_each(db, arguments.split, places)}


def _looked_each(db: Any, split: str, places: Mapping[int, int]) -> dict[str, int]:
    """The looks at the test split of several runs, each at the point of one of its findings."""
    return {
        f"{name}_of_{run}": count
        for run, finding in places.items()
        for name, count in _looked(db, split, run, finding=finding).items()
    }


def subgroups(arguments: Arguments) -> Output:
    from core.services.evaluation import subgroups
    from core.services.training import runs

    db, _, _ = context.open_workspace(arguments)
    run = runs.get(db, arguments.run)
    only = tuple(name.strip() for name in arguments.by.split(",") if name.strip())
    asked: dict[str, Any] = {"split": arguments.split, "pairs": not arguments.no_pairs, "only": only}
    finding = runs.finding_named(run, arguments.finding)
    if run.kind == "number":
        found = subgroups.regression_subgroup_report(db, run.id, figure=arguments.figure or "mae", **asked)
    else:
        found = subgroups.subgroup_report(db, run.id, finding=finding, figure=arguments.figure or "auroc", **asked)
    looked = _looked(db, arguments.split, run.id, finding=finding or 0)
    return {"run": run.id, "split": arguments.split, **found.to_json(), **looked}


def predictions(arguments: Arguments) -> Output:
    from core.services.datasets import snapshots
    from core.services.evaluation import predictions_export
    from core.services.predictions import external
    from core.services.training import runs

    db, settings, _ = context.open_workspace(arguments)
    if arguments.verb == "export":
        count = predictions_export.write(db, arguments.run, arguments.split, arguments.out)
        return {"file": str(arguments.out), "lines": count, **_looked(db, arguments.split, arguments.run)}
    snapshot = snapshots.snapshot_named(db, arguments.snapshot).id
    made = external.import_predictions(
        db, settings, snapshot=snapshot, name=arguments.name, csv=arguments.file, by=default_reader()
    )
    told = runs.get(db, made).external_source or {}
    return {"run": made, "words": external.describe_source(told), **told}


def explain(arguments: Arguments) -> Output:
    from core.services.images import images
    from core.services.saliency import maps, overlay_export
    from core.services.training import runs

    db, settings, _ = context.open_workspace(arguments)
    image = images.find(db, arguments.image)
    run = runs.get(db, arguments.run)
    names = {**{name: at for at, name in enumerate(run.titles)}, **{name: at for at, name in enumerate(run.classes)}}
    if arguments.class_name and arguments.class_name not in names:
        raise InvalidInput(
            f"Run {run.id} has no class '{arguments.class_name}'; its classes are: {', '.join(run.titles)}."
        )
    found = maps.explain(
        db,
        settings,
        run_id=run.id,
        image_id=image.id,
        method=arguments.method,
        class_index=names.get(arguments.class_name),
        layer=arguments.layer,
    )
    overlay_export.save(settings, image, found.path, arguments.out)
    return {
        "file": str(arguments.out),
        "method": found.method,
        "layer": found.layer,
        "image": image.id,
        "class": (run.classes or (run.task,))[found.class_index],
        "probability": found.probability,
    }
