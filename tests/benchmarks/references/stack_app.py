"""A stack as a page of Streamlit: the volume kept in memory, a slider, the picture of its slice."""

import os
from pathlib import Path

import numpy as np
import pydicom
import streamlit as st


@st.cache_resource
def volume() -> np.ndarray:
    """8 bit at the files' own window, read once."""
    files = [pydicom.dcmread(path) for path in Path(os.environ["IMAGES"]).glob("*.dcm")]
    files.sort(key=lambda header: float(header.ImagePositionPatient[2]))
    low, width = float(files[0].WindowCenter) - float(files[0].WindowWidth) / 2, float(files[0].WindowWidth)
    values = np.stack([header.pixel_array for header in files]).astype(np.float32)
    return np.clip((values - low) / width * 255, 0, 255).astype(np.uint8)


at = st.slider("Slice", 0, len(volume()) - 1)
st.image(volume()[at])
