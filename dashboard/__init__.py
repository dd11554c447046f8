"""The dashboard: Streamlit pages, signed routes, the viewer. A client of core.services; it contains no SQL."""
