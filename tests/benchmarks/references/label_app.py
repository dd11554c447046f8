"""Labelling as a page of Streamlit: one image, a button for each answer, the whole script again at every answer."""

import os
import sqlite3
from pathlib import Path

import numpy as np
import pydicom
import streamlit as st

FOLDER = Path(os.environ["IMAGES"])
CLASSES = ("none", "opacity")


@st.cache_resource
def catalogue() -> sqlite3.Connection:
    made = sqlite3.connect(FOLDER.parent / "labels.sqlite", check_same_thread=False)
    made.execute("CREATE TABLE IF NOT EXISTS label (name TEXT PRIMARY KEY, said TEXT)")
    return made


@st.cache_data
def files() -> list[Path]:
    return sorted(FOLDER.glob("*.dcm"))


def grey(path: Path, center: float, width: float) -> np.ndarray:
    """8 bit at the window that is asked for."""
    values = pydicom.dcmread(path).pixel_array.astype(np.float32)
    return np.clip((values - (center - width / 2)) / width * 255, 0, 255).astype(np.uint8)


def answer(path: Path, label: str) -> None:
    catalogue().execute("INSERT OR REPLACE INTO label VALUES (?, ?)", (path.name, label))
    catalogue().commit()
    st.session_state.at += 1


st.session_state.setdefault("at", 0)
path = files()[st.session_state.at]
with st.sidebar:
    center = st.slider("Center", 0, 65535, 28000)
    width = st.slider("Width", 1, 65535, 52000)
    for position, title in enumerate(CLASSES):
        st.button(title, shortcut=str(position + 1), on_click=answer, args=(path, title))
st.caption(f"{st.session_state.at + 1} of {len(files())}: {path.name}")
st.image(grey(path, center, width))
