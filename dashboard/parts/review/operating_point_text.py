"""Describe the saved operating point and the one that is tried instead."""

from core.services.evaluation import operating_points, review_point
from core.services.evaluation.review_data import ReviewData
from core.services.evaluation.review_source import CHOOSING_SPLIT
from core.services.predictions.coverage import Coverage
from core.services.predictions.operating_point_view import PointView
from core.services.training.runs import RunView
from dashboard import context, formatting
from dashboard.parts.review import operating_point_state, test_access
from dashboard.url_state import ReviewState

LOCKED = "Locked on this split; choose the operating point on the validation split."


def sentence(data: ReviewData, state: ReviewState, coverage: Coverage) -> str:
    """Describe the saved point: who chose it, when, on which data, and whether it can be changed on this split."""
    stored = data.stands
    if stored is None:
        return ""
    views = f" Test results were viewed {test_access.times(stored.looks_before)} before." if stored.looks_before else ""
    text = f"{_saved_text(stored)}{_provenance(data.run, stored, coverage)}{views}"
    if state.split == CHOOSING_SPLIT:
        return f"Trying {_trial_text(data, stored)}; not saved. {text}" if data.tried else text
    return f"{text} {LOCKED} {test_access.test_view_sentence(state.split, data.run.id)}".strip()


def point_in_use(data: ReviewData) -> str:
    """Name the point that the cases are counted at: the saved one, one that is tried, or that of a comparison."""
    point = data.point or data.stands
    if point is None:
        return ""
    if data.state.change:
        return f"Compared with run {data.state.other} at {describe_point(point)}."
    return f"Trying {_trial_text(data, point)}; not saved." if data.tried else _saved_text(point)


def _saved_text(stored: PointView) -> str:
    if stored.id is None:
        return f"Default threshold {stored.threshold:g}. No operating point chosen yet."
    return f"Operating point {describe_point(stored)}."


def describe_point(point: PointView) -> str:
    """Describe a point with the calibration of its scores."""
    scale = point.scale_name
    return point.words + (f", scores calibrated by {review_point.SCALES[scale].lower()}" if scale != "plain" else "")


def _provenance(run: RunView, stored: PointView, coverage: Coverage) -> str:
    """Say who chose the point and when, on which data, and whether the weights have changed since."""
    if stored.id is None:
        return ""
    who = f"{formatting.escape_markdown(stored.reader)}, {formatting.format_age(stored.created_at)}"
    if operating_points.is_manual(context.app_context().db, run, stored):
        return f" Set by {who}, without validation predictions."
    old = " The weights have changed since; choose it again on validation." * coverage.is_outdated(stored.chosen_on)
    return f" Chosen on validation by {who}.{old}"


def _trial_text(data: ReviewData, stored: PointView) -> str:
    point = operating_point_state.with_its_rule(data.point or stored)
    rule_lost = "at_least" in stored.rule and "at_least" not in point.rule and not 0 <= data.state.at <= 1
    reason = f"; no threshold of these scores reaches that {stored.rule['kind']}" if rule_lost else ""
    return describe_point(point) + reason
