"""Settings: the home of the workspace, and the system checks."""

import streamlit as st

from core.services.workspace import doctor
from dashboard import context, formatting

wired = context.app_context()
st.title("Settings")
st.markdown(f"Home folder of this workspace: {formatting.escape_markdown(str(wired.settings.home))}")
st.subheader("System checks")
for check in doctor.run_checks(wired.settings, wired.launcher):
    icon = ":green[:material/check_circle:]" if check.ok else ":red[:material/error:]"
    st.markdown(f"{icon} **{check.name}**: {formatting.escape_markdown(check.detail)}")
