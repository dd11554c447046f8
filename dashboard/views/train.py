"""Train: preset and knobs on the left, what it will do on the right."""

import streamlit as st

from core.services import snapshotting, training
from core.training.spec import PRESETS, TrainSpec
from dashboard import who, wiring
from dashboard.parts import form, mishap, model_table, train_choices, train_plan, train_samples
from dashboard.state import RunState, TrainState

wired = wiring.here()
state = TrainState.from_url()
every = snapshotting.every(wired.db)

st.title("Train")
if not every:
    st.markdown("A model is trained on a frozen dataset, and none is frozen yet.")
    st.page_link("views/datasets.py", label="Freeze a dataset", icon=":material/dataset:")
    st.stop()

st.html(train_plan.STYLE)
left, right = st.columns([3, 2], gap="large")
with left:
    chosen, also = train_choices.snapshots(every, state.snapshot)
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        train_choices.preset(list(PRESETS))
        model_table.show()
    if name := model_table.chosen():
        form.take({"model": name}, anew=False)
    values = form.show(train_choices.offered(chosen))
with right, st.container(key="train_side"):
    spec = TrainSpec().changed(values)
    asked = st.button("Start training", type="primary", icon=":material/play_arrow:", width="stretch")
    key = train_plan.form_key(asked=asked)
    # What draws itself again stands in a place that no run moves: the browser's page ends where such a place is gone.
    refused, told, figures, warned, samples = (st.container() for _ in range(5))
    if asked:  # before anything below asks to be drawn again, which would swallow the click
        with refused, mishap.as_sentence():
            made = training.submit(
                wired.db, snapshot_id=chosen, spec=spec, by=who.reader(), key=key, launcher=wired.launcher, also=also
            )
            st.switch_page("views/runs.py", query_params=RunState(run=made.run).query())
    with told:
        train_plan.show(chosen, spec)
    with figures:
        train_plan.figures(chosen, spec, also)
    with warned:
        train_plan.warned(chosen, spec)
    with samples:
        train_samples.show(chosen, spec, also)
