"""Home: the labelling tasks and the newest runs."""

import streamlit as st

from core.jobs import job_queue
from core.services.annotation import annotations, tasks
from core.services.images import images
from core.services.training import runs
from dashboard import context, formatting, theme
from dashboard.parts.home import tour
from dashboard.parts.persons import overview as persons_overview

wired = context.app_context()
job_queue.reap_and_wake(wired.db, wired.launcher)
totals = images.totals(wired.db)

st.title("Home")
if not totals.images:
    st.markdown("No images yet. Import DICOM, PNG, JPEG, TIFF or NIfTI files, or a MedMNIST archive.")
    if st.button("Import images", type="primary", icon=":material/upload:"):
        st.switch_page("views/import.py")
    st.stop()

st.caption(
    f"{formatting.count(totals.images, 'image')} of {persons_overview.counted()}, "
    f"{formatting.count(totals.series, 'series', 'series')}."
)
persons_overview.link(doubtful=False)
tour.show()
left, right = st.columns(2, gap="large")
with left:
    st.subheader("Labelling tasks")
    all_tasks = tasks.list_tasks(wired.db)
    if not all_tasks:
        st.markdown("No labelling tasks yet.")
        st.page_link("views/label.py", label="Create a labelling task", icon=":material/label:")
    for task in all_tasks:
        progress = annotations.progress(wired.db, task.id)
        st.progress(
            progress.labelled / max(1, progress.total),
            text=f"{formatting.escape_markdown(task.name)}: {progress.labelled:,} of {progress.total:,} labelled",
        )
        st.page_link(
            "views/label.py",
            label=f"Label {formatting.escape_markdown(task.name)}",
            icon=":material/arrow_forward:",
            query_params={"task": str(task.id)},
        )
with right:
    st.subheader("Runs")
    newest = runs.list_runs(wired.db)[:5]
    if not newest:
        st.markdown("No models trained yet. Label cases, freeze a dataset, then train a model.")
        st.page_link("views/datasets.py", label="Freeze a dataset", icon=":material/dataset:")
    for run in newest:
        reached = f" · validation AUROC {run.best_auroc:.3f}" if run.best_auroc is not None else ""
        st.markdown(
            f"**Run {run.id}** · {formatting.escape_markdown(f'{run.model} on {run.snapshot}')}{reached} · "
            f"{formatting.format_age(run.created_at)} "
            f"{theme.badge(run.state)}"
        )
        page, label = ("review", "Review") if run.predicted else ("runs", "Open")
        st.page_link(
            f"views/{page}.py", label=label, icon=":material/arrow_forward:", query_params={"run": str(run.id)}
        )
