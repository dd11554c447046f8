"""The list of imports: one that failed says of what it was, and why."""

from core.services.imports.import_request import ImportRequest
from core.services.workspace.home import open_home
from core.settings import Settings
from dashboard import reader
from dashboard.context import build_context
from tests.core.conftest import Home
from tests.core.services.imports.test_inbox_sweep import done
from tests.dashboard.test_pages import opened, text_of


def test_an_import_that_failed_says_of_what_it_was_and_why(tmp_path, monkeypatch):
    monkeypatch.setenv("ROUNDS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(reader, "session_id", lambda: "a browser")
    (tmp_path / "CT").mkdir()
    (tmp_path / "CT" / "a.png").write_bytes(b"1")
    (tmp_path / "t.csv").write_text("file,kind\nnone.png,a\n")
    settings = Settings.read()
    db = open_home(settings)
    done(Home(db, settings), ImportRequest(tmp_path / "CT", metadata=tmp_path / "t.csv", task="kind"), "page")
    app = opened("import")
    (label,) = [link.label for link in app.get("page_link") if "tester" in link.label]
    assert label.startswith("just now, tester: failed · ")
    assert label.endswith("/CT, t.csv")
    assert "t.csv names none of the 1 files" in text_of(app)
    assert "--file-column" not in text_of(app)
    db.close()
    build_context(Settings.read(), 8501).db.close()
