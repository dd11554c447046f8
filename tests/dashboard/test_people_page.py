"""People: a question is answered and undone by a click, and other pages point to it only while something is open."""

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.services.imports import import_files, import_request
from core.services.workspace import home as workspace_home
from core.settings import Settings
from dashboard import reader
from dashboard.context import build_context
from tests.dashboard.test_pages import opened, text_of


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Four pictures; two IDs differ only in how they are written, one names nobody."""
    monkeypatch.setenv("ROUNDS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(reader, "session_id", lambda: "a browser")
    (tmp_path / "in").mkdir()
    lines = ["file,patient_id,finding"]
    for number, patient in enumerate(("007", "7", "anonymous", "P9")):
        pixels = np.random.default_rng(number).integers(0, 255, (16, 16), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "in" / f"{number}.png")
        lines.append(f"{number}.png,{patient},{'ab'[number % 2]}")
    (tmp_path / "in" / "data.csv").write_text("\n".join(lines))
    settings, folder = Settings.read(), tmp_path / "in"
    db = workspace_home.open_home(settings)
    request = import_request.ImportRequest(folder, metadata=folder / "data.csv", task="finding", label_column="finding")
    *_, report = import_files.run(db, settings, request, by="tester")
    assert (report.patients, report.persons, report.person_questions) == (4, 4, 1)
    db.close()
    yield settings
    build_context(Settings.read(), 8501).db.close()


def click(app: AppTest, label: str, at: int = 0) -> AppTest:
    [button for button in app.button if button.label == label][at].click().run()
    assert not app.exception
    return app


def test_a_question_is_answered_and_undone(home):
    assert "1 question about who is the same person" in text_of(opened("home"))
    app = opened("people")
    assert "4 patients, 4 persons" in text_of(app)
    assert "the patient IDs differ only in how they are written" in text_of(app)
    assert "'anonymous', which names nobody" in text_of(app)
    click(app, "One person")
    assert "4 patients, 3 persons" in text_of(app)
    assert "one person · " in text_of(app)
    assert "who is the same person" not in text_of(opened("home"))
    assert "4 patients (3 persons)" in text_of(opened("home"))
    assert "1 doubtful patient ID" in text_of(opened("datasets"))
    click(app, "Undo")
    assert "4 patients, 4 persons" in text_of(app)
    click(app, "Different persons")
    assert "different persons · " in text_of(app)
    assert not [button for button in app.button if button.label == "One person"]


def test_several_spellings_are_one_question_of_which_a_part_can_be_answered(home, tmp_path):
    folder = tmp_path / "more"
    folder.mkdir()
    Image.fromarray(np.eye(16, dtype=np.uint8) * 200).save(folder / "5.png")
    (folder / "data.csv").write_text("file,patient_id\n5.png,0007\n")
    db = workspace_home.open_home(home)
    request = import_request.ImportRequest(folder, metadata=folder / "data.csv")
    *_, report = import_files.run(db, home, request, by="tester")
    db.close()
    assert report.person_questions == 1
    app = opened("people")
    assert len([button for button in app.button if button.label == "One person"]) == 1
    (who,) = app.get("button_group")
    who.set_value(who.value[:2]).run()
    click(app, "One person")
    assert "5 patients, 4 persons" in text_of(app)
    click(app, "One person")
    assert "5 patients, 3 persons" in text_of(app)
