"""The table of all models, to compare and to choose from."""

from typing import Any

import streamlit as st

from core.explain import EXPLAINERS
from core.models import MODELS, ModelEntry

INPUTS = {"image": "one image", "stack": "slices of a series", "bag": "images of a study", "views": "two views"}
FAMILIES = {
    "cnn": "convolutions",
    "attention": "attention",
    "bag": "several images",
    "fusion": "fusion",
    "sequence": "sequence",
    "volume": "volume",
}


def show() -> None:
    """Draw the button, and the table until it is closed: the page behind it may be drawn again meanwhile."""
    if st.button("Compare all models", icon=":material/table_rows:", type="tertiary"):
        st.session_state["models_open"] = True
    if st.session_state.get("models_open"):
        _choose()


def _close() -> None:
    st.session_state.pop("models_open", None)


@st.dialog("Models", width="large", on_dismiss=_close)
def _choose() -> None:
    """Draw the table; leave the chosen model in the session for the form."""
    import pandas as pd

    table = pd.DataFrame([_row(entry) for entry in MODELS.values()])
    state = st.dataframe(
        table,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="models_table",
        height=430,
        column_config=_columns(),
    )
    st.caption(
        "GMACs: billions of multiply-adds for one case at the default size; models of several images are measured with "
        "16 images and the small CNN as encoder. Parameters: for one grey image and two classes. Click a column name "
        "to sort."
    )
    rows = state["selection"]["rows"]
    name = list(MODELS)[rows[0]] if rows else ""
    if st.button(f"Use {MODELS[name].title}" if name else "Select a model", type="primary", disabled=not name):
        st.session_state["model_chosen"] = name
        _close()
        st.rerun()


def chosen() -> str:
    """Return the model that was just chosen in the table, once; else ''."""
    return str(st.session_state.pop("model_chosen", ""))


def _row(entry: ModelEntry) -> dict[str, object]:
    return {
        "model": entry.title,
        "description": entry.summary,
        "input": INPUTS.get(entry.takes, entry.takes),
        "family": FAMILIES.get(entry.family, entry.family),
        "minimum size": entry.least_size,
        "default size": entry.default_size,
        "GMACs": entry.gflops,
        "parameters": entry.parameters / 1e6,
        "explainers": ", ".join(EXPLAINERS[name].title for name in entry.explainers) or "–",
    }


def _columns() -> dict[str, Any]:
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    return {
        "model": text(pinned=True),
        "description": text(width=430),
        "minimum size": number(format="%d px", help="Smaller images are upsampled to this edge length."),
        "default size": number(format="%d px", help="Edge length when the image size is 0."),
        "GMACs": number(format="%.3g G"),
        "parameters": number(format="%.3g M"),
    }
