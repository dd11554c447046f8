"""A window over a 16-bit picture as a page of Streamlit: the samples kept in memory, two sliders."""

import os
from pathlib import Path

import numpy as np
import pydicom
import streamlit as st


@st.cache_resource
def samples() -> np.ndarray:
    """Of the one file, read once."""
    (path,) = Path(os.environ["IMAGES"]).glob("*.dcm")
    return pydicom.dcmread(path).pixel_array.astype(np.float32)


center = st.slider("Center", 0, 65000, 28000, step=100)
width = st.slider("Width", 100, 65000, 52000, step=100)
st.image(np.clip((samples() - (center - width / 2)) / width * 255, 0, 255).astype(np.uint8))
