"""The plan of a snapshot with its leakage check, and the list of snapshots with what changed between them."""

from collections.abc import Sequence

import streamlit as st

from core.curation.recipe import Recipe
from core.curation.records import SPLITS
from core.errors import UserError
from core.services.datasets import shared_rows, snapshot_diff, snapshots
from core.services.datasets.snapshots import SnapshotPlan, SnapshotView
from dashboard import context, formatting, reader
from dashboard.parts.datasets import counts
from dashboard.parts.datasets.counts import SPLIT_TITLES


def plan(task_id: int, recipe: Recipe) -> str:
    """Draw what a snapshot would contain, or why it cannot be made; return its name once Freeze is clicked."""
    try:
        made = snapshots.plan(context.app_context().db, task_id, recipe)
    except UserError as error:
        st.info(str(error), icon=":material/info:")
        return ""
    counts.show(made.kind, made.summary, made.classes, made.titles)
    certificate(made)
    with st.form("freeze", border=False):
        name = st.text_input("Snapshot name", placeholder="round 1", key="snapshot_name")
        if not st.form_submit_button("Freeze", type="primary", icon=":material/ac_unit:"):
            return ""
    if not name.strip():
        st.warning("Enter a name for the snapshot, such as 'round 1'.")
    return name.strip()


def freeze(task_id: int, recipe: Recipe, name: str) -> int | None:
    """Freeze the snapshot; return its id, or show the error and return None."""
    try:
        return snapshots.freeze(context.app_context().db, task_id, recipe, name=name, by=reader.reader()).id
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        return None


def certificate(plan: SnapshotPlan) -> None:
    """Draw the leakage check, and what is left out or occurs twice."""
    if plan.shared.sentence == shared_rows.NOBODY:
        st.success(shared_rows.NOBODY, icon=":material/verified:")
    else:
        st.warning(
            f"{plan.shared.sentence} The split column stays as given; split by patient to keep each person in one "
            "split.",
            icon=":material/warning:",
        )
    if plan.patients_in_several_splits:
        st.caption(f"Patients in more than one split: {plan.patients_in_several_splits}.")
    if plan.unlabelled:
        st.caption(
            f"Left out: {formatting.count(plan.unlabelled, 'case')} unlabelled or answered 'cannot be assessed'."
        )
    if plan.unknown:
        st.caption(f"Left out: {formatting.count(plan.unknown, 'case')} without any known finding.")
    crossing = sum(group.crosses_splits for group in plan.duplicates)
    if plan.duplicates:
        st.warning(
            f"{formatting.count(len(plan.duplicates), 'image')} with exact duplicates, {crossing} of them in more than "
            "one split. They stay in the dataset and are recorded in the snapshot."
        )


def frozen(views: Sequence[SnapshotView], chosen: int) -> None:
    """Draw the list of snapshots; the chosen one is open."""
    if views:
        st.subheader("Snapshots")
    for view in views:
        sizes = ", ".join(f"{SPLIT_TITLES[split]} {view.summary[split]['images']:,}" for split in SPLITS)
        with st.expander(
            f"**{formatting.escape_markdown(view.name)}** · {formatting.escape_markdown(view.task)} · {sizes}",
            expanded=view.id == chosen,
        ):
            counts.show(view.kind, view.summary, view.classes, view.titles)
            st.caption(f"Content hash {view.hash[:16]} …, frozen {formatting.format_age(view.created_at)}.")
            for erased in view.forgotten:
                cases, day = formatting.count(erased["cases"], "case"), formatting.format_age(erased["at"])
                st.caption(f"{cases} forgotten {day}: the counts above are those of the day it was frozen.")
            if view.id == chosen:
                _shared(view)
            _changes(view, [other for other in views if other.task_id == view.task_id and other.id < view.id])
            st.page_link(
                "views/train.py",
                label="Train a model",
                icon=":material/model_training:",
                query_params={"snapshot": str(view.id)},
            )


def _shared(view: SnapshotView) -> None:
    """Draw what the splits share, counted on the frozen rows with the patients joined as they are today."""
    shared = shared_rows.count(context.app_context().db, view.id)
    if shared.sentence != shared_rows.NOBODY:
        st.warning(
            f"{shared.sentence} This dataset stays as it was frozen; freeze a new one by patient to keep each person "
            "in one split.",
            icon=":material/warning:",
        )


def _changes(view: SnapshotView, earlier: Sequence[SnapshotView]) -> None:
    if not earlier:
        return
    changes = snapshot_diff.difference(context.app_context().db, earlier[0].id, view.id)
    name = formatting.escape_markdown(earlier[0].name)
    st.markdown(
        f"Changes since **{name}**: {changes.added:,} added, {changes.removed:,} removed, "
        f"{len(changes.relabelled):,} relabelled, {changes.moved:,} moved to another split."
    )
    for case, before, after in changes.relabelled[:20]:
        st.markdown(f"- case {case}: {formatting.escape_markdown(f'{before} → {after}')}")
