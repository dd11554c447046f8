"""Commands that compare two runs, or the groups of patients of one."""

from typing import Any

from core.cli import context
from core.cli.options import (
    add_operating_rule,
    add_run,
    add_split,
    add_target,
    count_test_views,
    count_test_views_of_each,
    operating_rule,
)
from core.cli.parser import Arguments, Handler, Parser, UsageError, one_of
from core.cli.printing.result import JsonOnly, Output
from core.errors import InvalidInput
from core.evaluation import regression_subgroups
from core.evaluation.subgroups import FIGURES
from core.services.evaluation import regression_comparison, run_comparison
from core.services.evaluation import subgroups as subgroup_service
from core.services.training import runs
from db import Database

METRICS, REGRESSION_METRICS = FIGURES, regression_subgroups.FIGURES


def add_compare_arguments(parser: Parser) -> None:
    """Add the options of `rounds compare`."""
    parser.add_argument(
        "--run",
        required=True,
        type=int,
        action="append",
        dest="runs",
        metavar="ID",
        help="give two runs, the baseline first",
    )
    add_split(parser)
    add_target(parser)
    add_operating_rule(parser, "one rule for both runs: ")


def compare(arguments: Arguments) -> Output:
    """Return the differences run − baseline between two runs, with their intervals and tests."""
    db, _, _ = context.open_workspace(arguments)
    if len(arguments.runs) != 2:
        raise UsageError(f"{len(arguments.runs)} runs are given; compare two: --run A --run B.")
    run = runs.get(db, arguments.runs[0])
    if run.kind == "number":
        if arguments.finding or arguments.positive or operating_rule(arguments):
            raise InvalidInput(
                f"Run {run.id} answers with a number, which has neither findings nor classes nor thresholds."
            )
        numbers = regression_comparison.compare(db, *arguments.runs, split=arguments.split).to_json()
        return _with_views(db, arguments.split, numbers, dict.fromkeys(arguments.runs, 0))
    comparison = run_comparison.compare(
        db,
        *arguments.runs,
        split=arguments.split,
        finding=runs.finding_named(run, arguments.finding),
        positive=runs.class_named(run, arguments.positive),
        rule=operating_rule(arguments),
        threshold=arguments.threshold,
    )
    findings = {point.run_id: point.finding for point in comparison.points}
    return _with_views(db, arguments.split, comparison.to_json(), findings)


def _with_views(db: Database, split: str, fields: dict[str, Any], findings: dict[int, int]) -> Output:
    """Add the views of test results; people read the differences run − baseline only."""
    differences = JsonOnly(fields["differences"])
    return {**fields, "differences": differences, **count_test_views_of_each(db, split, findings)}


def add_subgroups_arguments(parser: Parser) -> None:
    """Add the options of `rounds subgroups`."""
    add_run(parser)
    add_split(parser)
    parser.add_argument(
        "--metric",
        type=one_of("metric", (*METRICS, *REGRESSION_METRICS)),
        metavar="METRIC",
        help=f"one of {', '.join(METRICS)} (default: auroc); for numbers one of "
        f"{', '.join(REGRESSION_METRICS)} (default: mae)",
    )
    parser.add_argument("--by", default="", metavar="COLUMN,…", help="metadata, such as site,sex (default: all)")
    parser.add_argument("--no-pairs", action="store_true", help="groups by one column only, not by two")
    parser.add_argument("--finding", default="", metavar="NAME", help="finding, in a multi-label task")


def subgroups(arguments: Arguments) -> Output:
    """Return the metric of each group of patients, the worst group first."""
    db, _, _ = context.open_workspace(arguments)
    run = runs.get(db, arguments.run)
    only = tuple(name.strip() for name in arguments.by.split(",") if name.strip())
    options: dict[str, Any] = {"split": arguments.split, "pairs": not arguments.no_pairs, "only": only}
    finding = runs.finding_named(run, arguments.finding)
    if run.kind == "number":
        groups = subgroup_service.regression_subgroup_report(db, run.id, figure=arguments.metric or "mae", **options)
    else:
        groups = subgroup_service.subgroup_report(
            db, run.id, finding=finding, figure=arguments.metric or "auroc", **options
        )
    views = count_test_views(db, arguments.split, run.id, finding=finding or 0)
    return {"run": run.id, "split": arguments.split, **groups.to_json(), **views}


HANDLERS = {
    "compare": Handler(add_compare_arguments, compare),
    "subgroups": Handler(add_subgroups_arguments, subgroups),
}
