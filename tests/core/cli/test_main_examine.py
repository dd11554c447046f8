"""`rounds analyze`: queues an examination, and says in a sentence what cannot be."""

import json

import pytest

from core.__main__ import main
from core.jobs import job_queue
from core.jobs.local import LocalLauncher
from core.services.workspace import home as workspace_home
from core.settings import Settings
from db.vocabulary import JobKind
from tests.core.conftest import copied, filled_once, trained_once

__all__ = ["filled_once", "trained_once"]


@pytest.fixture
def home(tmp_path, monkeypatch, trained_once):
    copied(trained_once, tmp_path / "home").db.close()
    monkeypatch.setattr(LocalLauncher, "wake", lambda self: None)
    return tmp_path / "home"


def analyze(capsys, home, *argv, code=0):
    assert main(["--home", str(home), "--json", "analyze", "--run", "1", *argv]) == code
    return json.loads(capsys.readouterr().out)


def test_it_queues_the_examination_with_what_was_asked(home, capsys):
    result = analyze(capsys, home, "--kind", "saliency-check", "--set", "cases=12", "--set", "again=5")
    assert result == {"run": 1, "job": result["job"], "what": "check", "state": "queued"}
    db = workspace_home.open_home(Settings.read(str(home)))
    job = job_queue.get(db, result["job"])
    db.close()
    assert job.kind is JobKind.ANALYZE
    assert job.request["asked"] == {"cases": "12", "again": "5"}


def test_what_cannot_be_is_a_sentence(home, capsys):
    result = analyze(capsys, home, "--kind", "dreams", code=2)
    assert "unknown value 'dreams' for --kind; choose one of saliency-check, features, shortcuts" in result["error"]
    result = analyze(capsys, home, "--kind", "saliency-check", "--set", "cases", code=1)
    assert result["error"].startswith("'cases' is not a setting; write --set NAME=VALUE")
