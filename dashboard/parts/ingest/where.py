"""Where to import from: a folder or an archive picked in a tree, a path that is typed, or files that are dropped."""

from pathlib import Path

import streamlit as st

from core.errors import InvalidInput
from core.services.imports import import_draft, inbox, roots
from core.services.imports.import_draft import ImportDraft
from core.settings import Settings
from dashboard import formatting
from dashboard.parts.ingest import folder_tree

FOLDER, UPLOAD = "Choose a folder", "Drop files"
HELP = "Images of any kind, .zip or .tar.gz archives, and a table of their labels."


def show(settings: Settings, draft: ImportDraft) -> tuple[ImportDraft, bool]:
    """Draw the choice; return the draft with what was picked, and whether its preview is wanted."""
    source = st.segmented_control(
        "From", [FOLDER, UPLOAD], required=True, default=FOLDER, key="import_source", label_visibility="collapsed"
    )
    return _drop(settings, draft) if source == UPLOAD else _pick(settings, draft)


def _drop(settings: Settings, draft: ImportDraft) -> tuple[ImportDraft, bool]:
    files = st.file_uploader(HELP, accept_multiple_files=True, key="import_files") or []
    if not st.button("Preview import", type="primary", icon=":material/search:", disabled=not files):
        return draft, False
    folder = inbox.save(settings, ((file.name, file.getbuffer()) for file in files))
    return import_draft.with_sent_files(settings, draft, folder), True


def _pick(settings: Settings, draft: ImportDraft) -> tuple[ImportDraft, bool]:
    path = draft.request.path if import_draft.is_picked(settings, draft) else settings.roots[0]
    typed, wrong = _typed(settings, path)
    if typed is not None:
        return draft.at(typed, settings), False
    left, right = st.columns([3, 2], gap="medium")
    with left:
        picked = folder_tree.show(settings, path, key="import_tree")
    if picked is not None:
        return (draft.at(picked, settings) if picked != path else draft), False
    with right:
        return draft, _ready(settings, path) and st.button(
            "Preview import", type="primary", icon=":material/search:", disabled=wrong
        )


def _typed(settings: Settings, path: Path) -> tuple[Path | None, bool]:
    """Draw the path, which can be corrected; return one that was typed, and whether what stands in it is wrong."""
    key = "import_path"
    if st.session_state.get("import_path_of") != str(path) or key not in st.session_state:
        st.session_state["import_path_of"], st.session_state[key] = str(path), formatting.path_text(path)
    text = st.text_input("Folder, file or archive", key=key)
    if text.strip() in ("", formatting.path_text(path)):
        return None, not text.strip()
    try:
        typed = roots.check_path(settings, text)
        return (typed if typed != path else None), False
    except InvalidInput as error:
        st.warning(formatting.escape_markdown(str(error)), icon=":material/edit:")
        return None, True


def _ready(settings: Settings, path: Path) -> bool:
    """Say what lies at the path; return whether there is something to look at."""
    if path.is_file():
        st.markdown(f"**{formatting.escape_markdown(formatting.path_text(Path(path.name)))}**")
        st.caption(
            "An archive; its files are unpacked, imported and removed again."
            if roots.holds_files(path)
            else "One file."
        )
        return True
    content = roots.list_folder(settings, path)
    st.markdown(f"**{formatting.escape_markdown(formatting.path_text(Path(path.name)) or '/')}**")
    parts = [(content.files, "file"), (len(content.folders), "folder")]
    if texts := [formatting.count(number, what) for number, what in parts if number]:
        inside = bool(content.folders or content.archives)
        st.caption(" and ".join(texts) + (", with all that is in folders and archives" if inside else ""))
    else:
        st.caption("This folder is empty; choose the one with the images.")
    return bool(content.files or content.folders)
