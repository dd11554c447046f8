"""The entry script: show the chosen page in the frame of all pages."""

import streamlit as st

from dashboard import navigation, url_history
from dashboard.links import notice
from dashboard.parts.widgets import errors
from dashboard.server import streamlit_startup

unknown = notice.unknown_address()
page = st.navigation(navigation.pages())
url_history.begin(page.url_path)
try:
    with errors.show_errors():
        navigation.show(page)
        if notice.opens(page, unknown):
            page.run()
finally:
    url_history.end()
streamlit_startup.freeze_gc()
