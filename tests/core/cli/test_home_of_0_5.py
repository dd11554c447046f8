"""Commands on a workspace that has everything: former names give the same JSON, and a run can be shown."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main
from core.jobs.local import LocalLauncher

HOME = Path(__file__).parents[2] / "fixtures" / "home_0_5.tar.gz"
Rounds = Callable[..., Any]


@pytest.fixture
def rounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Rounds:
    """Return a function that runs a command, expects an exit code of 0, and returns its JSON."""
    with tarfile.open(HOME) as archive:
        archive.extractall(tmp_path, filter="data")
    (tmp_path / "home").chmod(0o700)
    monkeypatch.setattr(LocalLauncher, "wake", lambda self: None)

    def run(line: str) -> Any:
        code = main(["--home", str(tmp_path / "home"), "--json", *line.split()])
        out, err = capsys.readouterr()
        assert (code, err) == (0, "")
        return json.loads(out)

    return run


@pytest.mark.parametrize(
    ("former", "current"),
    [
        ("operate --run 1", "operating-point --run 1"),
        ("subgroups --run 2 --split val --figure ppv", "subgroups --run 2 --split val --metric ppv"),
        ("labels --task kind --out {}", "labels export --task kind --out {}"),
    ],
)
def test_a_former_name_gives_the_same_json(rounds: Rounds, tmp_path: Path, former: str, current: str) -> None:
    file = tmp_path / "labels.csv"
    assert rounds(former.format(file)) == rounds(current.format(file))


def test_labels_go_out_and_come_back_by_former_names(rounds: Rounds, tmp_path: Path) -> None:
    count = rounds(f"labels --task kind --out {tmp_path / 'labels.csv'}")["lines"]
    assert rounds(f"label --task kind --csv {tmp_path / 'labels.csv'}") == {
        "labelled": 0,
        "known": count,
        "without_label": 0,
    }


@pytest.mark.parametrize(
    ("line", "kind"), [("examine --run 1 --what probe", "probe"), ("analyze --run 1 --kind shortcuts", "probe")]
)
def test_the_json_names_an_analysis_as_before(rounds: Rounds, line: str, kind: str) -> None:
    result = rounds(line)
    assert (result["what"], result["state"]) == (kind, "queued")
    assert {job["job"]: job["kind"] for job in rounds("jobs")}[result["job"]] == "examine"


def test_a_run_is_shown_with_its_settings_and_curves(rounds: Rounds) -> None:
    run = rounds("runs 1")
    assert run["error"] is None
    assert run["spec"]["model"] == "small_cnn"
    assert len(run["curves"]["train_loss"]) == 2
    assert run["images_per_second"] == 105.53844288792443
    assert [row["run"] for row in rounds("runs")] == [4, 3, 2, 1]
