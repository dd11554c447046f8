"""What each column of the table is for, and what that gives: matched files, labels, classes, matched rows."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from core.imaging.tables.column_titles import Role
from core.imaging.tables.roles import ColumnProfile
from core.services.imports.import_draft import ImportDraft
from core.services.imports.table_preview import TablePreview
from core.services.imports.table_roles import ONE_COLUMN
from dashboard import formatting, theme
from dashboard.parts.ingest.preview_result import data_url
from dashboard.parts.widgets import gallery

TITLES = {
    Role.FILE: "File name",
    Role.PATIENT: "Patient",
    Role.STUDY: "Study",
    Role.LABEL: "Label",
    Role.SPLIT: "Split",
    Role.NUMBER: "Number",
    Role.DATE: "Date",
    Role.CATEGORY: "Category",
    Role.TEXT: "Text",
    Role.LEAVE_OUT: "Leave out",
}
COLUMNS = 40  # of a table that are drawn at once
CLASSES = 12  # that are listed
NO_LABELS = "Do not import labels"


def with_task(draft: ImportDraft, preview: TablePreview) -> ImportDraft:
    """Return the draft with a task named after the column of labels, where none was chosen."""
    label = preview.column(Role.LABEL)
    if label is None or draft.request.task or draft.without_labels:
        return draft
    return draft.with_request(task=label[:60])


def roles(draft: ImportDraft, preview: TablePreview) -> ImportDraft:
    """Draw a select for the role of each column, as guessed; return the draft with what was changed."""
    shown = _page(preview.profiles, draft)
    with st.container(height=min(330, 60 + 46 * len(shown)), key="import_roles"):
        for profile in shown:
            left, middle, right = st.columns([3, 4, 5], vertical_alignment="center")
            left.markdown(f"**{formatting.escape_markdown(profile.title)}**")
            role = middle.selectbox(
                f"Role of {profile.title}",
                list(Role),
                index=list(Role).index(profile.role),
                format_func=TITLES.__getitem__,
                label_visibility="collapsed",
                key=f"import_role_{draft.key}_{profile.title}_{profile.role}",
            )
            right.caption(_about(profile))
            if role is not None and role is not profile.role:
                return draft.with_request(roles=_changed(draft, profile.title, role), file_column="file")
    return draft


def _page(profiles: tuple[ColumnProfile, ...], draft: ImportDraft) -> tuple[ColumnProfile, ...]:
    """Return the columns to draw; of a wide table those of one page."""
    if len(profiles) <= COLUMNS:
        return profiles
    starts = range(0, len(profiles), COLUMNS)
    start = st.selectbox(
        "Columns",
        starts,
        format_func=lambda at: f"{at + 1} to {min(at + COLUMNS, len(profiles))} of {len(profiles)}",
        key=f"import_columns_{draft.key}",
    )
    return profiles[start : start + COLUMNS]


def _changed(draft: ImportDraft, title: str, role: Role) -> tuple[tuple[str, str], ...]:
    """Return the chosen roles with another one; a role of one column is taken from the column that had it."""
    chosen = {column: old for column, old in draft.request.roles if not (role in ONE_COLUMN and old == role)}
    return tuple({**chosen, title: str(role)}.items())


def _about(profile: ColumnProfile) -> str:
    """Return why a column has its role, and its values with their counts."""
    values = ", ".join(f"{formatting.escape_markdown(value[:24])} ({count:,})" for value, count in profile.top[:3])
    more = f" of {profile.distinct:,}{'+' if profile.many else ''}" if profile.distinct > 3 else ""
    missing = f" · {profile.missing:,} empty" if profile.missing else ""
    return f"{formatting.escape_markdown(profile.reason)} · {values}{more}{missing}" if values else profile.reason


def task(draft: ImportDraft, preview: TablePreview, names: Mapping[str, int]) -> ImportDraft:
    """Draw the task that the labels answer, a new one or one that exists; return the draft with it."""
    label = preview.column(Role.LABEL)
    if label is None:
        return draft
    value = NO_LABELS if draft.without_labels else draft.request.task
    options = list(dict.fromkeys([value, label[:60], *names, NO_LABELS]))
    chosen = st.selectbox(
        "Labelling task for these labels",
        [one for one in options if one],
        index=0,
        format_func=lambda name: name if name in names or name == NO_LABELS else f"{name} (new task)",
        accept_new_options=True,
        key=f"import_task_{draft.key}_{value}",
    )
    if chosen == value or not chosen:
        return draft
    return _without_labels(draft) if chosen == NO_LABELS else _with_labels(draft, chosen)


def _without_labels(draft: ImportDraft) -> ImportDraft:
    changed = draft.with_request(task="", class_order=())
    return type(draft)(changed.key, changed.request, changed.look, without_labels=True)


def _with_labels(draft: ImportDraft, name: str) -> ImportDraft:
    changed = draft.with_request(task=name.strip(), class_order=())
    return type(draft)(changed.key, changed.request, changed.look, without_labels=False)


def positive(draft: ImportDraft, preview: TablePreview) -> ImportDraft:
    """Draw the positive class of a new task; return the draft with the order of the classes."""
    order = preview.class_order
    if not preview.labels or len(order) < 2:
        return draft
    chosen = st.selectbox(
        "Positive class",
        order,
        index=len(order) - 1,
        key=f"import_positive_{draft.key}_{order[-1]}",
        help="Sensitivity and the area under the curve are about this class; it is the last in the order.",
    )
    if chosen == order[-1]:
        return draft
    return draft.with_request(class_order=(*(name for name in order if name != chosen), chosen))


def classes(preview: TablePreview) -> None:
    """Draw the classes in their order, each with its number of files."""
    counts = dict(preview.labels)
    lines = [
        f":gray[{at + 1}] {formatting.escape_markdown(name)} · {formatting.count(counts.get(name, 0), 'file')}"
        for at, name in enumerate(preview.class_order[:CLASSES])
    ]
    more = len(preview.class_order) - len(lines)
    if preview.labels:
        st.markdown("  \n".join([*lines, *([f"… and {more:,} more classes"] if more > 0 else [])]))


def pairs(preview: TablePreview, pictures: Mapping[Path, bytes]) -> None:
    """Draw ten matched rows with their images, to see that each label lies at its image."""
    if not preview.pairs:
        return
    colours = {name: theme.class_colour(at) for at, name in enumerate(preview.class_order)}
    st.caption(f"The first {formatting.count(len(preview.pairs), 'matched row')}: line, file and label.")
    tiles = [
        gallery.Tile(
            pair.line,
            data_url(pictures[pair.path]) if pair.path in pictures else "",
            f"{pair.line}: {formatting.path_text(Path(pair.path.name))}",
            pair.label or "no label",
            colours.get(pair.label, ""),
        )
        for pair in preview.pairs
    ]
    gallery.show(tiles, key="import_pairs", strip=True, at=preview.name, drawn=str(len(tiles)))
