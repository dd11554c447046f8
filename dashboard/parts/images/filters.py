"""Filters of the Images page, each value with its number of images. The URL holds what they select."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from core.imaging.notes import NOTES
from core.services.annotation import tasks
from core.services.images import fact_ranges, image_notes, images
from core.services.images.images import Filter
from core.services.imports import import_log
from dashboard import context, formatting
from dashboard.parts.images import range_filters
from dashboard.url_state import ImagesState

CLEAR = "Open Images in the menu to clear them."
Change = Callable[[ImagesState, Any], ImagesState]  # the state with another value of one filter


def show(state: ImagesState) -> Filter:
    """Draw the filters; return what they select."""
    note = _choose_note(state) or ""  # first: links of import reports lead here
    measured = fact_ranges.fact_ranges(context.app_context().db)
    facts = _choose_facts(state, {one.name for one in measured})
    ranges = range_filters.show(state, measured)
    by_id = {task.id: task for task in tasks.list_tasks(context.app_context().db)}
    names = {task.id: task.name for task in by_id.values()}
    task_id = _choose("Task", names, state.task, "filter_task", lambda url, id_: replace(url, task=id_ or 0, answer=""))
    answer = ""
    if task_id is not None:
        titles = {label.name: label.title for label in by_id[task_id].classes} | {"unlabelled": "unlabelled"}
        answer = _choose(
            "Label", titles, state.answer, "filter_answer", lambda url, name: replace(url, answer=name or "")
        )
    import_id = _choose_import(state) or 0
    selected = Filter(facts, task_id, answer or "", _choose_excluded(state), note, ranges, import_id)
    if unknown := _unknown(state, selected):
        st.warning(f"This link has filters that do not exist here: {', '.join(unknown)}. They are not applied. {CLEAR}")
    return selected


def _unknown(state: ImagesState, selected: Filter) -> list[str]:
    """Return the filters of the URL that cannot be chosen here, such as those of another workspace."""
    unknown = [
        formatting.escape_markdown(f"{column} '{value}'")
        for column, value in state.fact_pairs()
        if (column, value) not in selected.facts
    ]
    unknown += [
        formatting.escape_markdown(f"{column} from '{low}' to '{high}'")
        for column, low, high in state.all_ranges()
        if column not in {one.name for one in selected.ranges}
    ]
    if state.imported != selected.import_id:
        unknown.append(f"import {state.imported}")
    if state.note != selected.note:
        unknown.append(f"note '{formatting.escape_markdown(state.note)}'")
    if state.task and selected.task_id is None:
        return [*unknown, f"task {state.task}"]
    return (
        [*unknown, f"label '{formatting.escape_markdown(state.answer)}'"]
        if state.answer != selected.answer
        else unknown
    )


def show_kind() -> None:
    """List images or series, from the first page."""
    kind = "series" if st.session_state["images_kind"] == "Series" else ""
    replace(ImagesState.from_url(), after=0, series=0, kind=kind).to_url()


def _choose_facts(state: ImagesState, measured: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Draw a filter for each column of several values that has no range; return the chosen (column, value) pairs."""
    chosen = {}
    for column, values in images.fact_values(context.app_context().db).items():
        titles = {value: f"{value} ({images_with:,})" for value, images_with in values}
        if len(titles) > 1 and column not in measured:
            title, key = column.replace("_", " ").capitalize(), f"filter_fact_{column}"
            chosen[column] = _choose(title, titles, state.fact(column), key, _change_of(column))
    return tuple((column, value) for column, value in chosen.items() if value is not None)


def _change_of(column: str) -> Change:
    return lambda url, value: url.with_fact(column, value)


def _choose_note(state: ImagesState) -> str | None:
    """Draw a filter by what the import noticed, where it noticed something."""
    counts = {note.kind: note.count for note in image_notes.open_notes(context.app_context().db)}
    titles = {kind: f"{NOTES[kind].title} ({count:,})" for kind, count in counts.items()}
    if not titles and not state.note:
        return None
    change: Change = lambda url, kind: replace(url, note=kind or "")  # noqa: E731
    kind: str | None = _choose("Import note", titles, state.note, "filter_note", change)
    if kind:
        st.caption(f"{NOTES[kind].meaning} {NOTES[kind].way_out}")
    return kind


def _choose_import(state: ImagesState) -> int | None:
    """Draw a filter by the import that brought the images, where there are several imports."""
    wired = context.app_context()
    imports = [view for view in import_log.list_imports(wired.db, wired.settings) if view.images]
    titles = {view.id: f"{view.id}, {formatting.format_age(view.at)} ({view.images:,})" for view in imports}
    if len(titles) < 2 and not state.imported:
        return None
    change: Change = lambda url, import_id: replace(url, imported=import_id or 0)  # noqa: E731
    import_id: int | None = _choose("Import", titles, state.imported, "filter_import", change)
    return import_id


def _choose_excluded(state: ImagesState) -> bool:
    key = "filter_excluded"
    st.session_state[key] = bool(state.excluded)
    change: Change = lambda url, excluded: replace(url, excluded=int(excluded))  # noqa: E731
    return st.toggle("Excluded images", key=key, on_change=_update, args=(key, change))


def _choose(title: str, titles: Mapping[Any, str], value: object, key: str, change: Change) -> Any:
    """Draw one filter with the value that the URL has; return the value, None for any."""
    st.session_state[key] = value if value in titles else None
    return st.selectbox(
        formatting.escape_markdown(title),
        list(titles),
        index=None,
        placeholder="any",
        key=key,
        format_func=titles.__getitem__,
        on_change=_update,
        args=(key, change),
    )


def _update(key: str, change: Change) -> None:
    """Write a changed filter into the URL, and go to the first page of the new list."""
    change(replace(ImagesState.from_url(), after=0), st.session_state[key]).to_url()
