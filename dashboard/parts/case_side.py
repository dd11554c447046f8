"""The column beside a case: truth, model, readers, verdict."""

import secrets

import streamlit as st

from core.services import commenting, explaining, labeling, measures, reviewing, tasks
from core.services.predicting import PredictionView
from core.services.runs import RunView
from dashboard import look, who, wiring
from dashboard.parts import case_more, mishap, relabel
from dashboard.state import CaseState
from db.vocabulary import Presence, TaskKind, Verdict


def show(run: RunView, row: PredictionView, state: CaseState) -> str:
    """Everything known of the case; gives the method that should explain it."""
    db = wiring.here().db
    st.page_link("views/review.py", label="Back to the run", icon=":material/arrow_back:",
                 query_params={"run": str(run.id), "split": state.split, "finding": str(state.finding)})  # fmt: skip
    if run.kind is TaskKind.MULTI:
        _answer(run.about(state.finding), row, finding=run.classes[state.finding])
    else:
        _answer(run, row)
    case_more.further(run, row)
    methods = dict(explaining.methods(db, run.id))
    names = list(methods)
    method = st.selectbox("Map", names, names.index(state.method) if state.method in names else 0,
                          format_func=methods.__getitem__, key="case_method") if names else ""  # fmt: skip
    st.caption("The map shows what moved the model's answer. It is not a segmentation.")
    case_more.counted(run, row, method)
    _verdict(run, row, state)
    _history(row)
    return method


def _answer(run: RunView, row: PredictionView, *, finding: str = "") -> None:
    """Truth and model, side by side; of `finding`, where the run is about findings."""
    db = wiring.here().db
    if run.kind is TaskKind.NUMBER:
        unit = tasks.get(db, run.task_id).measure
        _truth(measures.told(row.truth, unit), reviewing.current_label(db, row.case_id))
        st.markdown(f"Model: **{row.probabilities[0]:.3g} {unit}**")
        return
    now = reviewing.current_label(db, row.case_id, finding=finding)
    said = {Presence.ABSENT.value: run.titles[0], Presence.PRESENT.value: run.titles[1]} if finding else {}
    _truth(run.titles[row.label], said.get(now, now) if now else None)
    for title, probability in zip(run.titles, row.probabilities, strict=True):
        st.progress(probability, text=f"{title} {probability:.1%}")


def _truth(frozen: str, now: str | None) -> None:
    st.markdown(f"Truth as frozen: **{frozen}**" + (f"  \nNow: **{now}**" if now and now != frozen else ""))


def _verdict(run: RunView, row: PredictionView, state: CaseState) -> None:
    db, by = wiring.here().db, who.reader()
    st.markdown("**Verdict**")
    with st.container(horizontal=True):
        for verdict in (Verdict.MODEL_RIGHT, Verdict.MODEL_WRONG, Verdict.UNSURE):
            if st.button(verdict.value.capitalize(), key=f"verdict_{verdict.name}"):
                reviewing.judge(db, row.id, verdict=verdict, by=by, key=secrets.token_hex(16))
                st.rerun()
    said = relabel.choose(run, row, state)
    if st.button("Relabel", key="relabel", disabled=said is None, icon=":material/edit:", type="primary"):
        with mishap.as_sentence():
            reviewing.judge(
                db, row.id, verdict=Verdict.RELABELLED, by=by, key=secrets.token_hex(16), **(said or {})
            )  # fmt: skip
            st.rerun()


def _history(row: PredictionView) -> None:
    db = wiring.here().db
    said = [
        f"{look.ago(one.at)} · {one.reader} · {one.text} ({one.source})" for one in labeling.history(db, row.case_id)
    ]
    said += [f"{look.ago(one.at)} · {one.reader} · {one.verdict}" for one in reviewing.of_prediction(db, row.id)]
    st.markdown("**History**")
    st.caption("  \n".join(said) or "Nothing was said yet.")
    for one in commenting.of_case(db, row.case_id):
        st.text(f"{look.ago(one.at)} · {one.reader}: {one.text}")  # as text: what somebody wrote is no markup
