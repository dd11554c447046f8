"""What an import noticed, and lists of files with reasons."""

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from core.imaging.notes import IMAGE_KINDS, NOTES
from core.services.images.image_notes import NoteCount
from dashboard import formatting
from dashboard.url_state import ImagesState


def show(noted: Sequence[NoteCount], import_id: int = 0, *, height: int | Literal["content"] = "content") -> None:
    """Draw what was noticed, before all else; of an import each kind opens those of its images."""
    if not noted:
        return
    with st.container(border=True, key="import_notes", height=height):
        st.markdown("**Noticed while reading**")
        for note in noted:
            _note(note, import_id if note.kind in IMAGE_KINDS else 0)


def files(title: str, rows: Sequence[dict[str, str]], *, expanded: bool = False, total: int = 0) -> None:
    """Draw a list of files, if there are any; `total` counts those that are not in the list too."""
    import pandas as pd

    if rows:
        with st.expander(f"{title}: {max(total, len(rows)):,}", expanded=expanded):
            st.dataframe(pd.DataFrame(rows), hide_index=True, height=min(300, 40 + 35 * len(rows)))


def _note(note: NoteCount, import_id: int) -> None:
    kind = NOTES[note.kind]
    names = ", ".join(map(formatting.escape_markdown, note.examples))
    more = ", …" if note.count > len(note.examples) else ""
    text = (
        f":material/info: **{kind.title}** · {formatting.count(note.count, kind.of)} ({names}{more}). "
        f"{kind.meaning} {kind.way_out}"
    )
    if not import_id:
        st.markdown(text)
        return
    left, right = st.columns([6, 1], vertical_alignment="center")
    left.markdown(text)
    query = ImagesState(note=note.kind, imported=import_id).query()
    right.page_link("views/images.py", label="View", icon=":material/photo_library:", query_params=query)
