"""The table of an import: which one, how it is written, and its first rows."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from core.errors import InvalidInput
from core.imaging.tables.dialect import DECIMALS, SEPARATORS, Dialect
from core.imaging.tables.endings import TABLES
from core.imaging.tables.text_encoding import CHOICES
from core.services.imports import inbox, roots, unpacked
from core.services.imports.import_draft import ImportDraft, is_picked
from core.services.imports.table_preview import TablePreview
from core.settings import Settings
from dashboard import formatting
from dashboard.parts.ingest import folder_tree

NO_TABLE = "No table"
HEADER_LINES = 30


def choose(settings: Settings, draft: ImportDraft, inside: Sequence[Path]) -> ImportDraft:
    """Draw the choice of the table, beside the images or `inside` their archives; return the draft with it."""
    table, beside = draft.request.metadata, nearby(settings, draft)
    if not draft.offered and table is None and len(inside) == 1 and not beside:
        return replace(draft.with_table(inside[0]), offered=True)
    options = [None, *dict.fromkeys([*beside, *inside, *([table] if table else [])])]
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        chosen = st.selectbox(
            "Table of labels and facts",
            options,
            index=options.index(table),
            format_func=lambda path: formatting.path_text(Path(unpacked.shown_name(path))) if path else NO_TABLE,
            key=f"import_table_{draft.key}_{len(options)}_{table}",
        )
    with right, st.popover("Other", icon=":material/table:", help="Choose a table in another folder, or drop one."):
        other = _other(settings, draft)
    if other is not None:
        return draft.with_table(other)
    return draft if chosen == table else draft.with_table(chosen)


def nearby(settings: Settings, draft: ImportDraft) -> list[Path]:
    """Return the tables beside the images, and in the folder above."""
    path = draft.request.path
    folder = path if path.is_dir() else path.parent
    if not is_picked(settings, draft):
        return sorted(file for file in folder.iterdir() if file.suffix.lower() in TABLES) if folder.is_dir() else []
    tables: list[Path] = []
    with suppress(InvalidInput):
        tables += roots.list_folder(settings, folder).tables
        above = roots.list_folder(settings, folder.parent).tables
        tables += [
            file for file in above if file.suffix.lower() != ".txt"
        ]  # of any text beside a folder few are tables
    return tables


def _other(settings: Settings, draft: ImportDraft) -> Path | None:
    sent = st.file_uploader("Drop a table", type=[one[1:] for one in TABLES], key=f"import_table_file_{draft.key}")
    if sent and st.button("Use this table", type="primary"):
        return inbox.save(settings, [(sent.name, sent.getbuffer())]) / Path(sent.name).name
    place = st.session_state.get("import_table_place") or draft.request.path
    place = place if is_picked(settings, draft) else settings.roots[0]
    clicked = folder_tree.show(settings, place, key="import_table_tree", tables=True, height=240)
    if clicked is not None and clicked.is_dir():
        st.session_state["import_table_place"] = clicked
        st.rerun()
    return clicked if clicked and clicked.suffix.lower() in TABLES else None


def dialect(draft: ImportDraft, preview: TablePreview | None) -> ImportDraft:
    """Draw how the table is written, each part as it was found; return the draft with what was changed."""
    request = draft.request
    given = Dialect(request.encoding, request.separator, request.decimal, request.header_line)
    read = preview.dialect if preview else given
    is_text = preview is None or read.encoding is not None
    selects: list[tuple[str, str, Sequence[Any], Any, Callable[[Any], str]]] = []
    if is_text:
        selects.append(("Encoding", "encoding", _with(CHOICES, read.encoding), read.encoding, str))
        selects.append(("Separator", "separator", list(SEPARATORS), read.separator, _named(SEPARATORS)))
    elif preview and preview.sheets:
        selects.append(("Sheet", "sheet", preview.sheets, preview.sheet, str))
    selects.append(("Decimal mark", "decimal", list(DECIMALS), read.decimal, _named(DECIMALS)))
    selects.append(("Line of titles", "header_line", range(1, HEADER_LINES + 1), read.first_line, str))
    changes: dict[str, Any] = {}
    for place, (title, name, options, value, text) in zip(st.columns(len(selects)), selects, strict=True):
        chosen = place.selectbox(
            title,
            _with(options, value),
            index=None if value is None else _with(options, value).index(value),
            format_func=text,
            placeholder="found by itself",
            key=f"import_{name}_{draft.key}_{value}",
        )
        changes |= {name: chosen} if chosen != value else {}
    return draft.with_request(**changes) if changes else draft


def first_rows(preview: TablePreview) -> None:
    """Draw the first rows, and the lines above the titles."""
    import pandas as pd

    if preview.passed_over:
        lines = " / ".join(formatting.escape_markdown(text) for text in preview.passed_over[:3])
        st.caption(f"Lines above the titles, passed over: {lines}")
    rows = [dict(zip(preview.columns, cells, strict=True)) for _, cells in preview.rows]
    frame = pd.DataFrame(rows, columns=list(preview.columns), index=[line for line, _ in preview.rows])
    st.dataframe(frame, height=min(178, 38 + 35 * max(1, len(rows))))


def _with(options: Sequence[Any], value: Any) -> list[Any]:
    return [*options, *([value] if value is not None and value not in options else [])]


def _named(names: Mapping[str, str]) -> Callable[[Any], str]:
    return lambda value: names.get(value, repr(value))
