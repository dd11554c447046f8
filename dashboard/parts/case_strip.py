"""The cases of a cell (or all), most wrong first; a click opens one."""

import streamlit as st

from core.services import predicting, reviewing
from core.services.predicting import PredictionView
from core.services.runs import RunView
from dashboard import look, who, wiring
from dashboard.parts import gallery
from dashboard.state import CaseState, ReviewState

SHOWN = 36


def ordered(run_id: int, split: str, truth: int, called: int) -> list[PredictionView]:
    """The predictions that the list holds, most wrong first. A cell counts what the matrix counts."""
    found = predicting.every(wiring.here().db, run_id, split=split)
    kept = [row for row in found if truth < 0 or (row.label == truth and row.called == called)]
    return sorted(kept, key=lambda row: (-row.wrongness, row.case_id))


def show(run: RunView, state: ReviewState) -> None:
    """The strip; opening a case leaves this page."""
    rows = ordered(run.id, state.split, state.truth, state.called)
    if state.truth >= 0:
        st.subheader(f"{look.count(len(rows), 'case')}: {run.titles[state.truth]}, called {run.titles[state.called]}")
    else:
        st.subheader(f"{look.count(len(rows), 'case')}, most wrong first")
    verdicts = reviewing.reviewed(wiring.here().db, run.id)
    wired, session = wiring.here(), who.session()
    tiles = [
        gallery.Tile(
            row.case_id, wired.signer.url(f"/api/thumbnail/{row.image_id}", session),
            f"{run.titles[row.label]} → {run.titles[row.called]}",
            _note(row, verdicts.get(row.id)),
            look.class_colour(row.label),
        )
        for row in rows[:SHOWN]
    ]  # fmt: skip
    opened = gallery.show(tiles, key="strip")
    if len(rows) > SHOWN:
        st.caption(f"The first {SHOWN} of {len(rows):,}; the others follow with the arrow keys on the case page.")
    if opened is not None:
        st.switch_page("views/case.py", query_params=CaseState(
            run=run.id, case=opened, split=state.split, truth=state.truth, called=state.called
        ).query())  # fmt: skip


def _note(row: PredictionView, verdict: str | None) -> str:
    return f"truth given {row.probabilities[row.label]:.0%}" + (f" · {verdict}" if verdict else "")
