"""The questions about who is the same person, each with what a reader needs to answer it, and the doubtful IDs."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.curation.persons.records import DoubtfulId, Question
from core.services.persons import sides
from core.services.persons.sides import PatientSide
from dashboard import context, formatting, reader
from dashboard.parts.persons import decide
from dashboard.parts.widgets import gallery
from dashboard.url_state import ImagesState

LISTED = 10  # questions on the page; answered ones make room for the next


def show(questions: Sequence[Question]) -> None:
    """Draw the first questions with the buttons that answer them."""
    st.subheader("Questions")
    listed = questions[:LISTED]
    names = [name for question in listed for name in question.patients]
    shown = sides.sides(context.app_context().db, names)
    for question in listed:
        with st.container(border=True):
            _question(question, shown)
    if len(questions) > LISTED:
        st.caption(f"{formatting.count(len(questions) - LISTED, 'more question')} will follow.")


def show_doubtful(doubtful: Sequence[DoubtfulId]) -> None:
    """Draw the patient IDs that seem to belong to several persons, and what to do about them."""
    st.subheader("Doubtful patient IDs")
    st.markdown(
        "All images of one patient ID count as one person. If several persons have one of these IDs, name the patient "
        "of each file in a table (column patient_id), and import the files with it into a new home."
    )
    shown = sides.sides(context.app_context().db, [doubt.patient for doubt in doubtful[:LISTED]])
    for doubt in doubtful[:LISTED]:
        with st.container(border=True):
            _side(shown[doubt.patient], f"doubtful_{doubt.patient}")
            st.markdown(f":material/help: Doubtful because {formatting.escape_markdown(' and '.join(doubt.reasons))}.")
    if len(doubtful) > LISTED:
        st.caption(f"{formatting.count(len(doubtful) - LISTED, 'more ID')}; `rounds persons` lists all.")


def _question(question: Question, shown: Mapping[str, PatientSide]) -> None:
    patients, key = question.patients, f"{question.first}_{question.second}"
    *columns, answer = st.columns([1, 1, 1.6], gap="medium")
    for at, name in enumerate(patients):
        with columns[at % len(columns)]:
            _side(shown[name], f"side_{key}_{name}")
    with answer:
        st.markdown(f":material/add_circle: For one person: {_words(question.speaks_for)}.")
        if question.speaks_against:
            st.markdown(f":material/do_not_disturb_on: Against: **{_words(question.speaks_against)}**.")
        st.caption("They count as one person now." if question.joined else "They count as different persons now.")
        if question.others:
            chosen = st.pills(
                "Which of them", patients, default=patients, selection_mode="multi", key=f"who_{key}_{len(patients)}"
            )
            patients = tuple(name for name in patients if name in chosen)
        with st.container(horizontal=True):
            if st.button("One person", key=f"join_{key}", icon=":material/person:", disabled=len(patients) < 2):
                decide.decide(*patients, joined=True)
            if st.button("Different persons", key=f"apart_{key}", icon=":material/group:", disabled=len(patients) < 2):
                decide.decide(*patients, joined=False)


def _side(side: PatientSide, key: str) -> None:
    """Draw who a patient is: the pseudonym, the counts, the first images, each of which opens."""
    wired, session = context.app_context(), reader.session_id()
    studies = f", {formatting.count(side.studies, 'study', 'studies')}" if side.studies else ""
    st.markdown(f"**{formatting.escape_markdown(side.patient)}** · {formatting.count(side.images, 'image')}{studies}")
    tiles = [
        gallery.Tile(image, wired.signer.url(f"/api/thumbnail/{image}", session), name.rsplit("/", 1)[-1])
        for image, name in side.first_images
    ]
    opened = gallery.show(tiles, key=key, strip=True)
    if opened is not None:
        st.switch_page("views/images.py", query_params=ImagesState(image=opened).query())


def _words(texts: Sequence[str]) -> str:
    return formatting.escape_markdown(", ".join(texts))
