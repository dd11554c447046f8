"""A list of cases as a page of Streamlit: a slider through them, the picture with its map blended over it."""

import os
from pathlib import Path

import numpy as np
import pydicom
import streamlit as st
from PIL import Image

RAMP = np.linspace(0, 1, 256)
COLOURS = 255 * np.stack([RAMP, RAMP**2, RAMP**6], axis=1)
files = sorted(Path(os.environ["IMAGES"]).glob("*.dcm"))
maps = sorted((Path(os.environ["HOME_OF_MAPS"]) / "maps").glob("*.png"))

at = st.slider("Case", 0, len(files) - 1)
header = pydicom.dcmread(files[at])
low, width = float(header.WindowCenter) - float(header.WindowWidth) / 2, float(header.WindowWidth)
grey = np.clip((header.pixel_array.astype(np.float32) - low) / width * 255, 0, 255).astype(np.uint8)
picture = Image.fromarray(grey).convert("RGB")
heat = np.asarray(Image.open(maps[at % len(maps)]).convert("L").resize(picture.size, Image.Resampling.BILINEAR))
over = Image.fromarray(COLOURS[heat].astype(np.uint8))
st.image(Image.composite(over, picture, Image.fromarray((heat * 0.45).astype(np.uint8))))
