"""Starting: what cannot be served is one sentence before anything runs; what can is passed to Streamlit as meant."""

import socket
import tomllib
from pathlib import Path

import pytest

from core.errors import InvalidInput, PortInUse
from core.settings import Settings
from dashboard.server import app_server

TOKEN_LENGTH = 32


@pytest.fixture
def settings(tmp_path):
    return Settings(tmp_path / "home", f"sqlite:///{tmp_path / 'home' / 'catalogue.sqlite'}")


@pytest.fixture
def started(settings, monkeypatch):
    """Serve without serving: gives the app's arguments and the options it was run with."""
    seen = {}

    class App:
        def run(self, config):
            seen["options"] = config

    def create(settings, **more):
        seen.update(more, settings=settings)
        return App()

    monkeypatch.setattr(app_server, "create", create)
    monkeypatch.setattr("sys.argv", ["rounds"])
    monkeypatch.delenv("ROUNDS_TOKEN", raising=False)

    def start(**how):
        app_server.serve(settings, browser=False, **how)
        return seen

    return start


@pytest.fixture
def taken():
    """A port somebody listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture
def free(taken):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_port_in_use_is_named_with_the_way_out(started, taken):
    with pytest.raises(PortInUse, match=rf"Port {taken} on 127\.0\.0\.1 .*--port") as raised:
        started(port=taken)
    assert str(raised.value).count(".") == 4  # the address holds three: one sentence


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_not_a_matter_of_the_port(started, free, host):
    with pytest.raises(InvalidInput, match=f"'{host}' is not an address of this machine.*--host"):
        started(host=host, port=free)


@pytest.mark.parametrize("port", [-1, 70000])
def test_a_number_that_is_no_port_is_refused(started, port):
    with pytest.raises(InvalidInput, match=f"{port} is not a port"):
        started(port=port)


def test_a_certificate_and_its_key_go_together_and_must_be_readable(started, free, tmp_path):
    (tmp_path / "c.pem").write_text("nothing")
    with pytest.raises(InvalidInput, match="needs its key"):
        started(port=free, certfile=tmp_path / "c.pem")
    with pytest.raises(InvalidInput, match=r"c\.pem .* cannot be used"):
        started(port=free, certfile=tmp_path / "c.pem", keyfile=tmp_path / "absent.pem")


def test_the_roots_of_the_import_page_reach_its_process(started, free, tmp_path, monkeypatch):
    assert started(port=free, roots=[tmp_path])["settings"].roots == (tmp_path,)
    with pytest.raises(InvalidInput, match=f"--root {tmp_path / 'nowhere'} is not a folder"):
        started(port=free, roots=[tmp_path, tmp_path / "nowhere"])
    monkeypatch.setenv("ROUNDS_ROOTS", f"{tmp_path}\n/data two")
    assert Settings.read(tmp_path).roots == (tmp_path, Path("/data two"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_on_this_machine_there_is_no_token(started, free, host, capsys):
    assert started(host=host, port=free)["token"] is None
    assert f"http://localhost:{free}/\n" in capsys.readouterr().out


def test_elsewhere_a_new_random_token_is_printed_each_time(started, free, capsys):
    tokens = [started(host="127.0.0.2", port=free)["token"] for _ in range(2)]
    output = capsys.readouterr().out
    assert tokens[0] != tokens[1]
    assert min(map(len, tokens)) >= TOKEN_LENGTH
    assert all(f"http://127.0.0.2:{free}/?token={token}" in output for token in tokens)


def test_the_environment_names_the_token(started, free, monkeypatch, capsys):
    monkeypatch.setenv("ROUNDS_TOKEN", "of our own & more")
    assert started(host="127.0.0.2", port=free)["token"] == "of our own & more"
    assert "?token=of%20our%20own%20%26%20more" in capsys.readouterr().out
    monkeypatch.setenv("ROUNDS_TOKEN", "")
    assert len(started(host="127.0.0.2", port=free)["token"]) >= TOKEN_LENGTH


def test_every_address_is_printed_as_one_a_browser_opens(started, free, capsys):
    assert started(host="0.0.0.0", port=free)["token"]
    output = capsys.readouterr().out
    assert f"http://127.0.0.1:{free}/?token=" in output
    assert "From another machine" in output


def test_tls_is_passed_on_and_the_cookie_knows(started, free, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(app_server, "_need_certificate", lambda *files: None)
    seen = started(port=free, certfile=tmp_path / "c.pem", keyfile=tmp_path / "k.pem")
    assert seen["secure"] is True
    assert seen["options"]["server.sslCertFile"] == str(tmp_path / "c.pem")
    assert seen["options"]["server.sslKeyFile"] == str(tmp_path / "k.pem")
    assert f"https://localhost:{free}/\n" in capsys.readouterr().out


def test_streamlit_gets_every_option_of_the_file_and_serves_no_files(started, free):
    options = started(port=free)["options"]
    assert (options["server.address"], options["server.port"], options["server.headless"]) == ("127.0.0.1", free, True)
    assert options["browser.gatherUsageStats"] is False
    assert options["server.enableStaticServing"] is False
    assert options["server.enableXsrfProtection"] is True
    table = tomllib.loads((app_server.DASHBOARD / "config.toml").read_text())
    assert options["theme.light.primaryColor"] == table["theme"]["light"]["primaryColor"]
    assert options["theme.dark.sidebar.backgroundColor"] == table["theme"]["dark"]["sidebar"]["backgroundColor"]


def test_streamlit_knows_every_option_we_pass(started, free):
    from streamlit import config

    known = set(config.get_config_options())
    assert set(started(port=free)["options"]) <= known


def test_the_app_stands_behind_the_guard(settings):
    """The real app, asked from elsewhere: not a byte before the token."""
    from starlette.testclient import TestClient

    from dashboard.context import build_context

    app = app_server.create(settings, port=8599, token="the-token")
    client = TestClient(app, "http://10.0.0.5:8599", follow_redirects=False)
    assert client.get("/").status_code == 401
    assert client.get("/?token=the-token").status_code == 303
    build_context(settings, 8599).db.close()
