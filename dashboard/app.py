"""The page table and the frame; nothing else."""

import streamlit as st

from dashboard import navigation
from dashboard.parts.widgets import errors
from dashboard.server import streamlit_startup

page = st.navigation(navigation.pages())
with errors.as_sentence():
    navigation.show(page)
    page.run()
streamlit_startup.keep()
