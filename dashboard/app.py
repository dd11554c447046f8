"""The page table and the frame; nothing else."""

import streamlit as st

from dashboard import navigation
from dashboard.parts.widgets import errors
from dashboard.server import streamlit_startup

page = st.navigation(navigation.pages())
with errors.show_errors():
    navigation.show(page)
    page.run()
streamlit_startup.freeze_gc()
