"""Train: preset and knobs on the left, what it will do on the right."""

import streamlit as st

from core.services import snapshotting, training
from core.training.spec import PRESETS, TrainSpec
from dashboard import who, wiring
from dashboard.parts import form, train_plan
from dashboard.state import RunState, TrainState

wired = wiring.here()
state = TrainState.from_url()
every = snapshotting.every(wired.db)

st.title("Train")
if not every:
    st.markdown("A model is trained on a frozen dataset, and none is frozen yet.")
    st.page_link("views/datasets.py", label="Freeze a dataset", icon=":material/dataset:")
    st.stop()

left, right = st.columns([3, 2], gap="large")
with left:
    names = {view.id: f"{view.name} ({view.task})" for view in every}
    chosen = st.selectbox("Snapshot", list(names), list(names).index(state.snapshot) if state.snapshot in names else 0,
                          format_func=names.__getitem__, key="train_snapshot")  # fmt: skip
    preset = st.segmented_control("Preset", list(PRESETS), default="quick look", required=True, key="train_preset")
    with st.form("train_form", border=False):
        values = form.show(PRESETS[preset or "quick look"], key=f"train_{preset}")
        asked = st.form_submit_button("Start training", type="primary", icon=":material/play_arrow:")
with right:
    spec = TrainSpec().changed(values)
    train_plan.show(snapshotting.get(wired.db, chosen), spec, wired.launcher.devices())
if asked:
    made = training.submit(
        wired.db, snapshot_id=chosen, spec=spec, by=who.reader(), key=train_plan.form_key(), launcher=wired.launcher
    )
    train_plan.new_form()
    st.switch_page("views/runs.py", query_params=RunState(run=made.run).query())
