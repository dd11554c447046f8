"""Train: preset and knobs on the left, what it will do on the right."""

import streamlit as st

from core.services.datasets import snapshots
from core.services.training import submit
from core.training.spec import PRESETS, TrainSpec
from dashboard import context, reader
from dashboard.parts.train import augmentation_samples, choices, model_picker, preflight, spec_form
from dashboard.parts.widgets import errors
from dashboard.url_state import RunState, TrainState

wired = context.app_context()
state = TrainState.from_url()
every = snapshots.list_snapshots(wired.db)

st.title("Train")
if not every:
    st.markdown("A model is trained on a frozen dataset, and none is frozen yet.")
    st.page_link("views/datasets.py", label="Freeze a dataset", icon=":material/dataset:")
    st.stop()

st.html(preflight.STYLE)
left, right = st.columns([3, 2], gap="large")
with left:
    chosen, also = choices.snapshots(every, state.snapshot)
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        choices.preset(list(PRESETS))
        model_picker.show()
    if name := model_picker.chosen():
        spec_form.take({"model": name}, anew=False)
    values = spec_form.show(choices.offered(chosen))
with right, st.container(key="train_side"):
    spec = TrainSpec().replace(values)
    asked = st.button("Start training", type="primary", icon=":material/play_arrow:", width="stretch")
    key = preflight.form_key(asked=asked)
    # What draws itself again stands in a place that no run moves: the browser's page ends where such a place is gone.
    refused, told, figures, warned, samples = (st.container() for _ in range(5))
    if asked:  # before anything below asks to be drawn again, which would swallow the click
        with refused, errors.show_errors():
            made = submit.submit(
                wired.db, snapshot_id=chosen, spec=spec, by=reader.reader(), key=key, launcher=wired.launcher, also=also
            )
            st.switch_page("views/runs.py", query_params=RunState(run=made.run).query())
    with told:
        preflight.show(chosen, spec)
    with figures:
        preflight.figures(chosen, spec, also)
    with warned:
        preflight.show_warnings(chosen, spec)
    with samples:
        augmentation_samples.show(chosen, spec, also)
