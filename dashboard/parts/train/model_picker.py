"""Every model that can be trained, to compare and to choose from."""

from typing import Any

import streamlit as st

from core.explain import EXPLAINERS
from core.models import MODELS, ModelEntry
from core.models.parameter_counts import WEIGHTS

SEES = {"image": "one image", "stack": "slices of a series", "bag": "images of a study", "views": "two views"}
FAMILIES = {
    "cnn": "convolutions",
    "attention": "attention",
    "bag": "several images",
    "fusion": "fusion",
    "sequence": "sequence",
    "volume": "volume",
}


def show() -> None:
    """The table, once it is asked for and until it is closed: the page may be drawn anew behind it meanwhile."""
    if st.button("Compare all models", icon=":material/table_rows:", type="tertiary"):
        st.session_state["models_open"] = True
    if st.session_state.get("models_open"):
        _choose()


def _closed() -> None:
    st.session_state.pop("models_open", None)


@st.dialog("Models", width="large", on_dismiss=_closed)
def _choose() -> None:
    """The model that was chosen is left in the session for the form."""
    import pandas as pd

    table = pd.DataFrame([_line(one) for one in MODELS.values()])
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
        "Work: multiply-adds of one case forward at the usual size, in thousands of millions; of several pictures, 16 "
        "with the small CNN as encoder. Weights: for one grey image and two classes. Click a column's name to sort."
    )
    rows = state["selection"]["rows"]
    name = list(MODELS)[rows[0]] if rows else ""
    if st.button(f"Use {MODELS[name].title}" if name else "Choose a line", type="primary", disabled=not name):
        st.session_state["model_chosen"] = name
        _closed()
        st.rerun()


def chosen() -> str:
    """The model that was just chosen in the table, once; else ''."""
    return str(st.session_state.pop("model_chosen", ""))


def _line(one: ModelEntry) -> dict[str, object]:
    return {
        "model": one.title,
        "what it is and suits": one.summary,
        "sees": SEES.get(one.takes, one.takes),
        "kind": FAMILIES.get(one.family, one.family),
        "least": one.least_size,
        "usual": one.default_size,
        "work": one.gflops,
        "weights": WEIGHTS.get(one.name),
        "explained by": ", ".join(EXPLAINERS[name].title for name in one.explainers) or "–",
    }


def _columns() -> dict[str, Any]:
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    return {
        "model": text(pinned=True),
        "what it is and suits": text(width=430),
        "least": number(format="%d px", help="Smaller images are upsampled to this edge."),
        "usual": number(format="%d px", help="Edge where the image size is left at 0."),
        "work": number(format="%.3g G"),
        "weights": number(format="%.3g M"),
    }
