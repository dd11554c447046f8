"""Settings: where things lie, and whether all is well."""

import streamlit as st

from core.services.workspace import doctor
from dashboard import context

wired = context.app_context()
st.title("Settings")
st.markdown(f"The home of this workspace is `{wired.settings.home}`.")
st.subheader("Doctor")
for check in doctor.run_checks(wired.settings, wired.launcher):
    icon = ":green[:material/check_circle:]" if check.ok else ":red[:material/error:]"
    st.markdown(f"{icon} **{check.name}**: {check.detail}")
