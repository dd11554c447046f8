"""Select the cases that a mark of the review opens, by cell, score range, group or change; largest error first."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

import numpy as np
from numpy.typing import NDArray

from core.evaluation.slices import merge_rare_values
from core.services.evaluation import comparison_data
from core.services.evaluation.metadata_columns import banded_facts
from core.services.evaluation.review_data import ReviewData, Rows
from core.services.evaluation.review_query import ReviewQuery
from core.services.evaluation.review_source import ReviewSource
from db.vocabulary import TaskKind


def selected_rows(source: ReviewSource, data: ReviewData, query: ReviewQuery) -> Rows:
    """Return the rows that a query selects (all without a selection), the largest error first.

    Changed numbers of two runs are sorted by how much their error changed.
    """
    selected = np.ones(len(data.cases), dtype=bool)
    if query.truth >= 0:
        selected &= (data.truth == query.truth) & (data.predicted == query.called)
    if query.between is not None:
        low, high = query.between
        # half-open ranges; the last one includes its end, and so does a range of a single value
        selected &= (data.score >= low) & ((data.score <= high) if high in (1.0, low) else (data.score < high))
    if query.group:
        selected &= in_group(source, data, query.group)
    if not query.change:
        return _largest_error_first(data, np.flatnonzero(selected))
    changed = comparison_data.cases_with_change(source, query)
    rows = np.flatnonzero(selected & np.isin(data.cases, changed))
    if data.run.kind is not TaskKind.NUMBER:
        return _largest_error_first(data, rows)
    rank = {case: position for position, case in enumerate(changed.tolist())}
    return rows[np.argsort([rank[case] for case in data.cases[rows].tolist()], kind="stable")]


def facts(source: ReviewSource, data: ReviewData) -> Mapping[str, NDArray[np.str_]]:
    """Return the metadata of each row by column name; "unknown" if missing.

    A patient's value comes from all of the patient's cases in the split, whichever case represents the patient.
    """
    run_id, split, cases = data.run.id, data.state.split, data.cases

    def make() -> Mapping[str, NDArray[np.str_]]:
        columns = source.columns(run_id, split) if data.unit == "patient" else None
        return {name: np.array(values) for name, values in banded_facts(source.db, cases, columns).items()}

    return source.cached((run_id,), split, ("facts", data.unit, cases.tobytes()), make)


def in_group(source: ReviewSource, data: ReviewData, group: str) -> NDArray[np.bool_]:
    """Return a mask of the rows in a group such as `site=A&sex=F`; none if no column has that name."""
    values, member = facts(source, data), np.ones(len(data.cases), dtype=bool)
    for name, value in parse_qsl(group, keep_blank_values=True):
        member &= merge_rare_values(values[name]) == value if name in values else False
    return member


def _largest_error_first(data: ReviewData, rows: Rows) -> Rows:
    return rows[np.lexsort((data.cases[rows], -data.wrong[rows]))]
