"""A tree of the folders below the allowed roots, one level open at a time."""

from pathlib import Path

import streamlit as st

from core.errors import InvalidInput
from core.services.imports import roots
from core.services.imports.roots import FolderContent, Subfolder
from core.settings import Settings
from dashboard import formatting

STEP = "\u2003"  # the width of one level
FEW = 15  # folders, above which they can be searched


def show(settings: Settings, path: Path, *, key: str, tables: bool = False, height: int = 320) -> Path | None:
    """Draw the tree around a path; return the folder, archive or (with `tables`) the table that was clicked."""
    folder = path if path.is_dir() else path.parent
    try:
        content = roots.list_folder(settings, folder)
    except InvalidInput as error:
        st.warning(formatting.escape_markdown(str(error)), icon=":material/folder_off:")
        content = roots.list_folder(settings, settings.roots[0])
    words = _search(content, key)
    with st.container(height=height, key=key, gap=None):
        return _rows(settings, content, path, words, key, tables=tables)


def _search(content: FolderContent, key: str) -> str:
    if len(content.folders) <= FEW:
        return ""
    return st.text_input("Find a folder", key=f"{key}_search", placeholder="part of its name").strip().casefold()


def _rows(settings: Settings, content: FolderContent, path: Path, words: str, key: str, *, tables: bool) -> Path | None:
    clicked = None
    for root in settings.roots:
        above = content.above if content.above and content.above[0] == root else (root,)
        for depth, folder in enumerate(above):
            name = formatting.path_text(folder) if depth == 0 else folder.name
            icon = "folder_open" if folder in content.above else "folder"
            if _row(name, depth, f"{key}_{folder}", icon=icon, bold=folder == path):
                clicked = folder
        if content.path in above:
            clicked = _inside(content, len(above), path, words, key, tables=tables) or clicked
    return clicked


def _inside(content: FolderContent, depth: int, path: Path, words: str, key: str, *, tables: bool) -> Path | None:
    clicked = None
    for folder in content.folders:
        if words in folder.path.name.casefold() and _folder(folder, depth, key):
            clicked = folder.path
    if content.left_out:
        st.caption(f"… and {content.left_out:,} more folders; type the path of one of them.")
    files = [(one, "table") for one in content.tables if tables] + [(one, "folder_zip") for one in content.archives]
    for file, icon in files:
        if (tables or icon != "table") and _row(file.name, depth, f"{key}_{file}", icon=icon, bold=file == path):
            clicked = file
    shown = len(files)
    rest = content.files - shown
    text = formatting.count(rest, "other file" if shown else "file") if rest else ""
    if text or not (content.folders or shown):
        _row(text or "empty", depth, f"{key}_rest", icon="draft" if text else "block", disabled=True)
    return clicked


def _folder(folder: Subfolder, depth: int, key: str) -> bool:
    counts = [formatting.count(folder.files, "file")] if folder.files or not folder.folders else []
    counts += [formatting.count(folder.folders, "folder")] if folder.folders else []
    text = folder.reason or ", ".join(counts)
    return _row(folder.path.name, depth, f"{key}_{folder.path}", icon="folder", text=text, disabled=bool(folder.reason))


def _row(
    name: str, depth: int, key: str, *, icon: str, text: str = "", bold: bool = False, disabled: bool = False
) -> bool:
    title = formatting.escape_markdown(formatting.path_text(Path(name)))
    label = STEP * depth + f":material/{icon}: " + (f"**{title}**" if bold else title)
    label += f" :gray[{formatting.escape_markdown(text)}]" if text else ""
    return st.button(label, key=key, type="tertiary", disabled=disabled)
