"""The page table and the frame; nothing else."""

import streamlit as st

from core.errors import UserError
from dashboard import frame

page = st.navigation(frame.pages())
frame.show(page)
try:
    page.run()
except UserError as error:
    st.error(str(error), icon=":material/error:")
