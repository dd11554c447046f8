"""Describe an operating point: which one is stored, who chose it, when and on what, and what is tried instead."""

from core.services.evaluation import operating_points, review_point
from core.services.evaluation.review_data import ReviewData
from core.services.evaluation.review_source import CHOOSING_SPLIT
from core.services.predictions.coverage import Coverage
from core.services.predictions.operating_point_view import PointView
from core.services.training.runs import RunView
from dashboard import context, formatting
from dashboard.parts.review import operating_point_state, test_access
from dashboard.url_state import ReviewState


def sentence(data: ReviewData, state: ReviewState, coverage: Coverage) -> str:
    """Return which point is stored, who chose it, when and on what, and whether it can be moved here."""
    stored = data.stands
    if stored is None:
        return ""
    before = f" Test was looked at {test_access.times(stored.looks_before)} before." if stored.looks_before else ""
    text = f"Operating point {describe_point(stored)}.{_chosen(data.run, stored, coverage)}{before}"
    if state.split == CHOOSING_SPLIT:
        return f"Tried: {_describe_tried(data, stored)}, not kept yet. {text}" if data.tried else text
    locked = "It is locked here: choose it on the validation split."
    return f"{text} {locked} {test_access.test_view_sentence(state.split, data.run.id)}".strip()


def describe_point(point: PointView) -> str:
    """Return a point in words, with the calibration of its scores."""
    scale = point.scale_name
    return point.words + (f", of scores calibrated by {review_point.SCALES[scale].lower()}" if scale != "plain" else "")


def _chosen(run: RunView, stored: PointView, coverage: Coverage) -> str:
    """Return who chose it and when, by hand or on validation, and whether the weights are others since."""
    if stored.id is None:
        return ""
    who = f"{formatting.escape_markdown(stored.reader)}, {formatting.format_age(stored.created_at)}"
    if operating_points.by_hand(context.app_context().db, run, stored):
        return f" Set by hand by {who}: nothing was predicted on validation."
    old = " It was chosen on older weights; choose it again on validation." * coverage.is_outdated(stored.chosen_on)
    return f" Chosen on validation by {who}.{old}"


def _describe_tried(data: ReviewData, stored: PointView) -> str:
    point = operating_point_state.with_its_rule(data.point or stored)
    lost = "at_least" in stored.rule and "at_least" not in point.rule and not 0 <= data.state.at <= 1
    why = f"; no threshold of these scores has that {stored.rule['kind']}" if lost else ""
    return describe_point(point) + why
