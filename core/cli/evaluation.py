"""Commands that measure how good a model is."""

from core.cli import context
from core.cli.options import (
    add_operating_rule,
    add_run,
    add_split,
    add_target,
    add_unit_of_analysis,
    count_test_views,
    operating_rule,
)
from core.cli.parser import Arguments, Handler, Parser, UsageError
from core.cli.printing.result import Output
from core.services.evaluation import operating_points, report
from core.services.predictions import coverage
from core.services.training import runs
from core.settings import default_reader


def add_operating_point_arguments(parser: Parser) -> None:
    """Add the options of `rounds operating-point`."""
    add_run(parser)
    add_operating_rule(parser)
    add_target(parser)
    add_unit_of_analysis(parser, "image")
    parser.add_argument(
        "--calibrate",
        default="",
        choices=["temperature", "isotonic"],
        help="calibrate the scores on the validation split",
    )


def operating_point(arguments: Arguments) -> Output:
    """Choose the operating point of a run on its validation split, or return the current one."""
    db, _, _ = context.open_workspace(arguments)
    run = runs.get(db, arguments.run)
    finding = runs.finding_named(run, arguments.finding)
    rule = operating_rule(arguments)
    if rule is None:
        if arguments.level or arguments.rule or arguments.calibrate or arguments.positive:
            raise UsageError("To choose an operating point give one of --threshold, --sensitivity or --specificity.")
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


def add_evaluate_arguments(parser: Parser) -> None:
    """Add the options of `rounds evaluate`."""
    add_run(parser)
    add_split(parser)
    add_unit_of_analysis(parser, "as in the operating point")
    parser.add_argument("--prevalence", type=float, metavar="SHARE", help="prevalence for PPV and NPV")


def evaluate(arguments: Arguments) -> Output:
    """Return the metrics of a predicted split at the operating point of the run."""
    db, _, _ = context.open_workspace(arguments)
    fields = report.as_json(
        db,
        arguments.run,
        split=arguments.split,
        level=arguments.level,
        rule=arguments.rule,
        prevalence=arguments.prevalence,
    )
    extent, note = coverage.coverage_of(db, arguments.run, arguments.split), fields.pop("note", "")
    way_out = f" Predict it with `rounds predict --run {extent.run_id} --split {extent.split}`."
    gap = f"{extent.words}{way_out if extent.best and extent.words else ''}"
    notes = f"{note} {gap}".strip()
    return {
        "run": arguments.run,
        "split": arguments.split,
        "predicted": extent.predicted,
        "cases": extent.cases,
        **({"note": notes} if notes else {}),
        **count_test_views(db, arguments.split, arguments.run),
        **fields,
    }


HANDLERS = {
    "operating-point": Handler(add_operating_point_arguments, operating_point),
    "evaluate": Handler(add_evaluate_arguments, evaluate),
}
