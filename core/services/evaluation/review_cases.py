"""Select the cases that a mark of the review opens, by cell, span of scores, group or change; most wrong first."""

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
    """Return the rows that a query selects (all without a selection), most wrong first.

    Numbers that two runs predict differently stand by how much their error changed.
    """
    selected = np.ones(len(data.cases), dtype=bool)
    if query.truth >= 0:
        selected &= (data.truth == query.truth) & (data.called == query.called)
    if query.between is not None:
        low, high = query.between
        # a span ends before the next one begins; the last one includes its end, and so does one of a single value
        selected &= (data.score >= low) & ((data.score <= high) if high in (1.0, low) else (data.score < high))
    if query.group:
        selected &= in_group(source, data, query.group)
    if not query.change:
        return _most_wrong_first(data, np.flatnonzero(selected))
    changed = comparison_data.cases_with_change(source, query)
    rows = np.flatnonzero(selected & np.isin(data.cases, changed))
    if data.run.kind is not TaskKind.NUMBER:
        return _most_wrong_first(data, rows)
    places = {case: place for place, case in enumerate(changed.tolist())}
    return rows[np.argsort([places[case] for case in data.cases[rows].tolist()], kind="stable")]


def facts(source: ReviewSource, data: ReviewData) -> Mapping[str, NDArray[np.str_]]:
    """Return the facts of each row by name; "unknown" where there is none.

    A patient has what all of its cases of the split have, whichever of them speaks for it.
    """
    run_id, split, cases = data.run.id, data.state.split, data.cases

    def make() -> Mapping[str, NDArray[np.str_]]:
        columns = source.columns(run_id, split) if data.unit == "patient" else None
        return {name: np.array(values) for name, values in banded_facts(source.db, cases, columns).items()}

    return source.cached((run_id,), split, ("facts", data.unit, cases.tobytes()), make)


def in_group(source: ReviewSource, data: ReviewData, group: str) -> NDArray[np.bool_]:
    """Return which rows belong to a group such as `site=A&sex=F`; none where no fact has that name."""
    values, member = facts(source, data), np.ones(len(data.cases), dtype=bool)
    for name, value in parse_qsl(group, keep_blank_values=True):
        member &= merge_rare_values(values[name]) == value if name in values else False
    return member


def _most_wrong_first(data: ReviewData, rows: Rows) -> Rows:
    return rows[np.lexsort((data.cases[rows], -data.wrong[rows]))]
