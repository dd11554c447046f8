"""Serialise what the viewer needs for drawings: the classes of the task and the URL to save to."""

from typing import Any

from core.services.annotation.tasks import TaskView
from dashboard import context, reader, theme


def offered(task: TaskView) -> dict[str, Any]:
    """Return the task, the reader and the classes of drawings."""
    return {"task": task.id, "reader": reader.reader(), "classes": classes(task)}


def url(task: TaskView) -> str:
    """Return the signed URL that saves the drawings of the current reader."""
    return context.app_context().signer.url("/api/drawings", reader.session_id(), task=task.id, by=reader.reader())


def classes(task: TaskView) -> list[dict[str, Any]]:
    """Return the classes of the task for the viewer."""
    return [
        {
            "position": label_class.position,
            "title": label_class.title,
            "colour": theme.class_colour(label_class.position),
            "retired": label_class.retired,
        }
        for label_class in task.classes
    ]
