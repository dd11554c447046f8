"""Train: preset and hyperparameters on the left, the summary of the training on the right."""

import streamlit as st

from core.services.datasets import snapshots
from core.services.training import submit
from core.training.spec import PRESETS, TrainSpec
from dashboard import context, reader
from dashboard.parts.train import augmentation_samples, choices, model_picker, preflight, spec_form
from dashboard.parts.widgets import errors
from dashboard.url_state import RunState, TrainPageState

wired = context.app_context()
state = TrainPageState.from_url()
frozen = snapshots.list_snapshots(wired.db)

st.title("Train")
if not frozen:
    st.markdown("No frozen dataset yet. A model is trained on a frozen dataset.")
    st.page_link("views/datasets.py", label="Freeze a dataset", icon=":material/dataset:")
    st.stop()

st.html(preflight.STYLE)
left, right = st.columns([3, 2], gap="large")
with left:
    chosen, also = choices.snapshots(frozen, state.snapshot)
    TrainPageState(snapshot=chosen).to_url()
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        choices.preset(list(PRESETS))
        model_picker.show()
    if name := model_picker.chosen():
        spec_form.set_values({"model": name}, reset=False)
    values = spec_form.show(choices.offered(chosen))
with right, st.container(key="train_side"):
    spec = TrainSpec().replace(values)
    submitted = st.button("Start training", type="primary", icon=":material/play_arrow:", width="stretch")
    key = preflight.form_key(submitted=submitted)
    # A fragment that draws itself again needs a fixed place: the browser's page ends where such a place is gone.
    problems, summary, cost, caveats, samples = (st.container() for _ in range(5))
    if submitted:  # first of all: a fragment below that asks for a rerun would swallow the click
        with problems, errors.show_errors():
            made = submit.submit(
                wired.db, snapshot_id=chosen, spec=spec, by=reader.reader(), key=key, launcher=wired.launcher, also=also
            )
            st.switch_page("views/runs.py", query_params=RunState(run=made.run).query())
    with summary:
        preflight.show(chosen, spec)
    with cost:
        preflight.figures(chosen, spec, also)
    with caveats:
        preflight.show_warnings(chosen, spec)
    with samples:
        augmentation_samples.show(chosen, spec, also)
