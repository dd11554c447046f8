"""Filters of the Images page, each value with its number of images."""

import streamlit as st

from core.services.annotation import tasks
from core.services.images import images
from core.services.images.images import Filter
from dashboard import context


def show() -> Filter:
    """Draw the filters; return what they select."""
    db = context.app_context().db
    facts = []
    for name, values in images.fact_values(db).items():
        if len(values) < 2:
            continue
        titles = {value: f"{value} ({images_with:,})" for value, images_with in values}
        chosen = st.selectbox(
            name.replace("_", " ").capitalize(),
            list(titles),
            index=None,
            placeholder="any",
            key=f"filter_{name}",
            format_func=titles.__getitem__,
        )
        if chosen is not None:
            facts.append((name, chosen))
    by_name = {task.name: task for task in tasks.list_tasks(db)}
    task = by_name.get(st.selectbox("Task", list(by_name), index=None, placeholder="any", key="filter_task") or "")
    answer = ""
    if task:
        titles = {one.name: one.title for one in task.classes} | {"unlabelled": "unlabelled"}
        answer = (
            st.selectbox(
                "Label",
                list(titles),
                index=None,
                placeholder="any",
                key="filter_answer",
                format_func=titles.__getitem__,
            )
            or ""
        )
    excluded = st.toggle("Excluded images", key="filter_excluded")
    return Filter(tuple(facts), task.id if task else None, answer, excluded)
