"""The cases of a cell (or all), most wrong first; a click opens one."""

import streamlit as st

from core.services import predicting, reviewing
from core.services.predicting import PredictionView
from core.services.runs import RunView
from dashboard import look, who, wiring
from dashboard.parts import gallery
from dashboard.state import CaseState, ReviewState
from db.vocabulary import TaskKind

SHOWN = 36


def ordered(run: RunView, state: ReviewState | CaseState) -> list[PredictionView]:
    """The predictions that the list holds, most wrong first. A cell counts what the matrix counts.

    Of findings they are about one of them, where it is known.
    """
    finding = state.finding if run.kind is TaskKind.MULTI else None
    found = predicting.every(wiring.here().db, run.id, split=state.split, finding=finding)
    if run.kind is TaskKind.NUMBER:
        return sorted(found, key=lambda row: (-abs(row.error), row.case_id))
    kept = [row for row in found if state.truth < 0 or (row.label == state.truth and row.called == state.called)]
    return sorted(kept, key=lambda row: (-row.wrongness, row.case_id))


def show(run: RunView, state: ReviewState) -> None:
    """The strip; opening a case leaves this page."""
    rows = ordered(run, state)
    asked = run.about(state.finding) if run.kind is TaskKind.MULTI else run
    if state.truth >= 0 and asked.titles:
        st.subheader(
            f"{look.count(len(rows), 'case')}: {asked.titles[state.truth]}, called {asked.titles[state.called]}"
        )
    else:
        st.subheader(f"{look.count(len(rows), 'case')}, most wrong first")
    verdicts = reviewing.reviewed(wiring.here().db, run.id)
    wired, session = wiring.here(), who.session()
    tiles = [
        gallery.Tile(
            row.case_id, wired.signer.url(f"/api/thumbnail/{row.image_id}", session),
            said(asked, row),
            _note(asked, row, verdicts.get(row.id)),
            look.class_colour(row.label),
        )
        for row in rows[:SHOWN]
    ]  # fmt: skip
    opened = gallery.show(tiles, key="strip")
    if len(rows) > SHOWN:
        st.caption(f"The first {SHOWN} of {len(rows):,}; the others follow with the arrow keys on the case page.")
    if opened is not None:
        st.switch_page("views/case.py", query_params=CaseState(
            run=run.id, case=opened, split=state.split, finding=state.finding, truth=state.truth, called=state.called
        ).query())  # fmt: skip


def said(run: RunView, row: PredictionView) -> str:
    """The truth, and what the model says."""
    if run.kind is TaskKind.NUMBER:
        return f"{row.truth:g} → {row.probabilities[0]:.3g}"
    return f"{run.titles[row.label]} → {run.titles[row.called]}"


def _note(run: RunView, row: PredictionView, verdict: str | None) -> str:
    given = f"{row.error:+.3g}" if run.kind is TaskKind.NUMBER else f"truth given {row.probabilities[row.label]:.0%}"
    return given + (f" · {verdict}" if verdict else "")
