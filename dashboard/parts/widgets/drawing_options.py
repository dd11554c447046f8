"""What a page offers a reader who draws: the task's classes, and where strokes are sent."""

from typing import Any

from core.services.annotation.tasks import TaskView
from dashboard import context, reader, theme


def offered(task: TaskView) -> dict[str, Any]:
    """For the viewer: whose drawings these are, and the classes they can have."""
    return {"task": task.id, "reader": reader.reader(), "classes": classes(task)}


def url(task: TaskView) -> str:
    """Where the strokes of this page's reader go."""
    return context.app_context().signer.url("/api/drawings", reader.session_id(), task=task.id, by=reader.reader())


def classes(task: TaskView) -> list[dict[str, Any]]:
    """The classes as the viewer reads them."""
    return [
        {
            "position": one.position,
            "title": one.title,
            "colour": theme.class_colour(one.position),
            "retired": one.retired,
        }
        for one in task.classes
    ]
