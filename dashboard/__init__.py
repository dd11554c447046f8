"""The browser's side: Streamlit pages, signed routes, the viewer. Law: a client of core.services; no SQL here."""
