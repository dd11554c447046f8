"""A page of the dashboard as a person reads it, drawn in this process."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

import dashboard
from core.settings import Settings
from dashboard import context, reader

KINDS = ("title", "subheader", "markdown", "caption", "error", "warning", "info")


def page_of(settings: Settings, monkeypatch, name: str, **query: object) -> str:
    """What a page of that home says."""
    monkeypatch.setenv("ROUNDS_HOME", str(settings.home))
    monkeypatch.setattr(reader, "session_id", lambda: "a browser")  # AppTest has no cookies
    app = AppTest.from_file(str(Path(dashboard.__file__).parent / "app.py"), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = str(value)
    app.switch_page(f"views/{name}.py")
    try:
        app.run()
    finally:
        context.app_context().db.close()
        context.build_context.cache_clear()
    assert not app.exception, [one.message for one in app.exception]
    return "\n".join(one.value for kind in KINDS for one in app.get(kind))
