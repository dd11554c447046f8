"""What a training will do, said before it starts; and the key that makes a double click one run."""

import secrets
from collections.abc import Sequence

import streamlit as st

from core.models import MODELS
from core.services.snapshotting import SnapshotView
from core.training.spec import TrainSpec
from dashboard import look

FEW = 20


def show(snapshot: SnapshotView, spec: TrainSpec, devices: Sequence[str]) -> None:
    """Images, patients, steps, device, and warnings."""
    entry, train = MODELS[spec.model], snapshot.summary["train"]
    steps = -(-train["balanced"]["images"] // spec.batch_size)
    st.subheader("What it will do")
    st.markdown(f"**{entry.title}**: {entry.summary}")
    st.markdown(
        f"{look.count(train['images'], 'image')} of {look.count(train['patients'], 'patient')}, "
        f"{look.count(steps, 'step')} per epoch, {look.count(steps * spec.epochs, 'step')} in all."
    )
    where = "the CPU: no graphics card was found" if list(devices) == ["cpu"] else ", ".join(devices)
    st.markdown(f"Runs on {where}.")
    if spec.image_size and spec.image_size < entry.least_size:
        st.info(f"{entry.title} needs at least {entry.least_size} px; smaller images are upsampled to that.")
    else:
        st.caption(f"Images below {entry.least_size} px are upsampled for this model.")
    st.caption("Of a series or an image of several frames, the middle one is trained on.")
    for split in ("train", "val", "test"):
        for name, title in zip(snapshot.classes, snapshot.titles, strict=True):
            patients = snapshot.summary[split]["patients_by_label"][name]
            if patients < FEW:
                st.warning(
                    f"Only {look.count(patients, 'patient')} of class {title} in {split}: its figures will be vague."
                )


def form_key() -> str:
    """One key per form that was drawn."""
    key: str = st.session_state.setdefault("train_key", secrets.token_hex(16))
    return key


def new_form() -> None:
    """The next form is another run."""
    st.session_state.pop("train_key", None)
