"""Counts by split and patient; the certificate; the list of what is frozen and what changed."""

from collections.abc import Sequence

import streamlit as st

from core.curation.recipe import Recipe
from core.curation.records import SPLITS
from core.errors import UserError
from core.services.datasets import snapshot_diff, snapshots
from core.services.datasets.snapshots import Plan, SnapshotView
from dashboard import context, formatting, reader
from dashboard.parts.datasets import counts
from dashboard.parts.datasets.counts import SPLIT_TITLES


def plan(task_id: int, recipe: Recipe) -> str:
    """What freezing would make, or the sentence why it cannot; gives the snapshot's name once Freeze is clicked."""
    try:
        made = snapshots.plan(context.app_context().db, task_id, recipe)
    except UserError as error:
        st.info(str(error), icon=":material/info:")
        return ""
    counts.show(made.kind, made.summary, made.classes, made.titles)
    certificate(made)
    with st.form("freeze", border=False):
        name = st.text_input("Name of the snapshot", placeholder="round 1", key="snapshot_name")
        if not st.form_submit_button("Freeze", type="primary", icon=":material/ac_unit:"):
            return ""
    if not name.strip():
        st.warning("Give the snapshot a name, such as 'round 1'.")
    return name.strip()


def freeze(task_id: int, recipe: Recipe, name: str) -> int | None:
    """Freeze it; its id, or None and a sentence."""
    try:
        return snapshots.freeze(context.app_context().db, task_id, recipe, name=name, by=reader.reader()).id
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        return None


def certificate(plan: Plan) -> None:
    """What was proved, and what is worth knowing before freezing."""
    st.success("No patient stands in two splits.", icon=":material/verified:")
    if plan.unlabelled:
        st.caption(f"{formatting.count(plan.unlabelled, 'case')} without a label stay out.")
    if plan.unknown:
        st.caption(f"{formatting.count(plan.unknown, 'case')} of which no finding is known stay out.")
    crossing = sum(group.crosses_splits for group in plan.duplicates)
    if plan.duplicates:
        st.warning(
            f"{formatting.count(len(plan.duplicates), 'picture')} occur more than once, {crossing} in two splits; "
            "they are kept, and the snapshot says so."
        )


def frozen(every: Sequence[SnapshotView], chosen: int) -> None:
    """Every snapshot; the chosen one is opened."""
    if every:
        st.subheader("Frozen")
    for view in every:
        told = ", ".join(f"{SPLIT_TITLES[split]} {view.summary[split]['images']:,}" for split in SPLITS)
        with st.expander(f"**{view.name}** · {view.task} · {told}", expanded=view.id == chosen):
            counts.show(view.kind, view.summary, view.classes, view.titles)
            st.caption(f"Content hash {view.hash[:16]} …, frozen {formatting.format_age(view.created_at)}.")
            _changes(view, [other for other in every if other.task_id == view.task_id and other.id < view.id])
            st.page_link(
                "views/train.py",
                label="Train on it",
                icon=":material/model_training:",
                query_params={"snapshot": str(view.id)},
            )


def _changes(view: SnapshotView, earlier: Sequence[SnapshotView]) -> None:
    if not earlier:
        return
    found = snapshot_diff.difference(context.app_context().db, earlier[0].id, view.id)
    st.markdown(
        f"Since **{earlier[0].name}**: {found.added:,} added, {found.removed:,} removed, "
        f"{len(found.relabelled):,} relabelled, {found.moved:,} moved to another split."
    )
    for case, before, after in found.relabelled[:20]:
        st.markdown(f"- case {case}: {before} → {after}")
