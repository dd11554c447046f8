"""Options that several commands about a run share, and the count of who viewed its test results."""

from collections.abc import Mapping
from typing import Any

from core.cli.parser import Arguments, Parser
from core.services.evaluation import operating_points
from core.services.training import runs
from core.settings import default_reader
from db import Database

SPLITS = ("train", "val", "test", "all")
PATIENT_RULES = ("max", "mean", "noisy_or")


def add_run(parser: Parser) -> None:
    """Add --run, required."""
    parser.add_argument("--run", required=True, type=int, metavar="ID", help="number of the run")


def add_split(parser: Parser) -> None:
    """Add --split."""
    parser.add_argument("--split", default="test", choices=SPLITS, help="split (default: %(default)s)")


def add_target(parser: Parser) -> None:
    """Add --finding and --class: which binary question of a run is meant."""
    parser.add_argument("--finding", default="", metavar="NAME", help="finding, in a multi-label task")
    parser.add_argument("--class", default="", metavar="CLASS", dest="positive", help="positive class, of several")


def add_operating_rule(parser: Parser, prefix: str = "") -> None:
    """Add --threshold, --sensitivity and --specificity: how an operating point is chosen."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--threshold", type=float, metavar="SCORE", help=f"{prefix}a case with this score or more is positive"
    )
    how.add_argument("--sensitivity", type=float, metavar="SHARE", help=f"{prefix}minimum sensitivity, such as 0.95")
    how.add_argument("--specificity", type=float, metavar="SHARE", help=f"{prefix}minimum specificity")


def operating_rule(arguments: Arguments) -> dict[str, Any] | None:
    """Return the rule of the operating point that was given; None without one."""
    for kind in ("sensitivity", "specificity"):
        least = getattr(arguments, kind)
        if least is not None:
            return {"kind": kind, "at_least": least}
    return None if arguments.threshold is None else {"kind": "threshold"}


def add_unit_of_analysis(parser: Parser, default: str) -> None:
    """Add --level and --rule: whether images or patients are counted, and how a patient is scored."""
    parser.add_argument(
        "--level", default="", choices=["image", "patient"], help=f"unit of analysis (default: {default})"
    )
    parser.add_argument(
        "--rule",
        default="",
        choices=PATIENT_RULES,
        help="how the scores of a patient's images are combined; implies --level patient",
    )


def count_test_views(db: Database, split: str, *run_ids: int, finding: int | None = None) -> dict[str, int]:
    """Record that the reader views test results; return how many readers have, {} for another split.

    Each finding has an operating point of its own, and so a count of its own: all are counted, or `finding` alone.
    """
    if split not in ("test", "all"):
        return {}
    counts = []
    for run in (runs.get(db, run_id) for run_id in run_ids):
        places = range(len(run.classes) if run.kind == "multi" else 1) if finding is None else [finding]
        counts += [operating_points.record_test_view(db, run.id, default_reader(), place) for place in places]
    return {"looks_at_test": max(counts)}


def count_test_views_of_each(db: Database, split: str, findings: Mapping[int, int]) -> dict[str, int]:
    """Return the counts of several runs, by run with the finding that is meant."""
    return {
        f"{name}_of_{run}": count
        for run, finding in findings.items()
        for name, count in count_test_views(db, split, run, finding=finding).items()
    }
