"""Forms drawn from a description: every knob of TrainSpec once."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.models import MODELS
from core.training.spec import Knob, knobs

FIRST = ("model", "epochs", "batch_size", "learning_rate", "image_size", "augment")


def show(values: Mapping[str, Any], *, key: str) -> dict[str, Any]:
    """Inputs for the few knobs that matter, the rest behind "More"; gives what is set, by name."""
    found = {knob.name: _input(knob, values, key) for knob in knobs() if knob.name in FIRST}
    with st.expander("More"):
        found |= {knob.name: _input(knob, values, key) for knob in knobs() if knob.name not in FIRST}
    return found


def _input(knob: Knob, values: Mapping[str, Any], key: str) -> Any:
    value = values.get(knob.name, knob.default)
    title = f"{knob.title} ({knob.unit})" if knob.unit else knob.title
    name = f"{key}_{knob.name}"
    if knob.kind == "choice":
        return st.selectbox(
            title, knob.choices, knob.choices.index(value), help=knob.help, key=name, format_func=_title
        )
    if knob.kind == "text":
        return st.text_input(title, str(value), max_chars=int(knob.high or 0), help=knob.help, key=name).strip()
    if knob.kind == "int":
        return st.number_input(title, int(knob.low or 0), int(knob.high or 0), int(value), help=knob.help, key=name)
    return st.number_input(title, float(knob.low or 0), float(knob.high or 0), float(value), help=knob.help, key=name,
                           step=max(float(value) / 10, 1e-5), format="%.5g")  # fmt: skip


def _title(choice: str) -> str:
    return MODELS[choice].title if choice in MODELS else choice
