"""The command `demo`: what cannot be served is said before the work, what broke is said and served all the same."""

import socket

import pytest

from core.services.workspace import demo as service
from core.services.workspace import tour
from core.services.workspace.demo import DemoStep
from core.services.workspace.tour import Tour
from dashboard import __main__ as command
from dashboard import demo
from tests.dashboard.test_pages import filled, home, opened, text_of

__all__ = ["filled", "home"]


@pytest.fixture
def quick(monkeypatch):
    """A demo made in no time; gives what was served and made."""
    seen = {"served": [], "made": [], "broken": ""}

    def make(db, settings, launcher, *, seed):
        seen["made"].append((settings.home, seed))
        yield DemoStep("Drawing radiographs", 1, 2)

    def waiting(db, launcher, *, models):
        seen["models"] = models
        yield DemoStep("Training small_cnn", 1, 14)

    monkeypatch.setattr(service, "make", make)
    monkeypatch.setattr(service, "wait_for_models", waiting)
    monkeypatch.setattr(service, "first_failure", lambda db: seen["broken"])
    monkeypatch.setattr(demo.app_server, "serve", lambda settings, **how: seen["served"].append((settings.home, how)))
    return seen


def test_it_serves_once_the_first_model_has_predicted(quick, tmp_path, capsys):
    assert command.main(["--home", str(tmp_path), "demo", "--seed", "3", "--port", "8599", "--no-browser"]) == 0
    assert quick["made"] == [(tmp_path, 3)]
    assert quick["models"] == 1
    assert quick["served"] == [(tmp_path, {"host": "127.0.0.1", "port": 8599, "browser": False})]
    assert capsys.readouterr().err == "Drawing radiographs …\nTraining small_cnn …\n"


def test_without_serving_it_waits_for_both_and_tells_where_all_is(quick, tmp_path, capsys):
    assert command.main(["demo", "--no-serve", "--home", str(tmp_path)]) == 0
    assert quick["models"] == 2
    assert not quick["served"]
    assert str(tmp_path / "demo-key.json") in capsys.readouterr().out


def test_its_home_is_its_own_unless_told_otherwise(quick, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("ROUNDS_HOME", raising=False)
    assert command.main(["demo", "--no-serve"]) == 0
    monkeypatch.setenv("ROUNDS_HOME", str(tmp_path / "mine"))
    assert command.main(["demo", "--no-serve"]) == 0
    assert quick["made"] == [(tmp_path / "rounds-demo", 0), (tmp_path / "mine", 0)]


def test_a_taken_port_is_told_before_the_work(quick, tmp_path, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert command.main(["--home", str(tmp_path), "demo", "--port", str(taken.getsockname()[1])]) == 1
    assert "choose another with --port N" in capsys.readouterr().err
    assert not quick["made"]


def test_what_broke_is_said_and_the_dashboard_opens_where_it_is_mended(quick, tmp_path, capsys):
    quick["broken"] = "Job 1 of the demo is failed: no room"
    argv = ["--home", str(tmp_path), "demo", "--no-browser"]
    assert command.main([*argv, "--port", "0"]) == 0
    assert quick["served"]
    assert "no room" in capsys.readouterr().err
    assert command.main([*argv, "--no-serve"]) == 1


def test_a_wrong_option_is_one_sentence(capsys):
    assert command.main(["demo", "--seed", "x"]) == 2
    assert capsys.readouterr().err == (
        "rounds demo: argument --seed: invalid int value: 'x'; `rounds demo --help` lists its options.\n"
    )


def test_the_tour_leads_to_four_pages_and_can_be_closed(filled, monkeypatch):
    closed = filled.home / "demo-tour-seen"
    monkeypatch.setattr(tour, "view", lambda db, settings: None if closed.exists() else Tour(1, 1, 2))
    shown = opened("home")
    assert "Four things to try" in text_of(shown)
    next(button for button in shown.button if button.label == "Dismiss").click().run()
    assert closed.exists()
    assert "Four things to try" not in text_of(shown)
