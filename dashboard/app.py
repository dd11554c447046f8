"""The page table and the frame; nothing else."""

import streamlit as st

from dashboard import frame, lean
from dashboard.parts import mishap

page = st.navigation(frame.pages())
with mishap.as_sentence():
    frame.show(page)
    page.run()
lean.keep()
