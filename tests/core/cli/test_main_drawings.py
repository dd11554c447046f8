"""`rounds drawings`: what leaves by one command comes back by the other, and what fails is one sentence."""

import json
import shutil
from pathlib import Path

import pytest

from core.__main__ import main
from core.services.annotation import annotations, drawings, tasks
from core.services.workspace import home as workspace_home
from core.settings import Settings


@pytest.fixture
def scans(tmp_path: Path, data_dir: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for path in (data_dir / "dicom" / "seg_with_source_ct").glob("ct-*"):
        shutil.copy(path, folder)
    return folder


def run(capsys, *argv: object) -> tuple[int, dict, str]:
    code = main([str(one) for one in argv])
    out, err = capsys.readouterr()
    return code, json.loads(out), err


def filled(capsys, home: Path, scans: Path) -> Path:
    run(capsys, "--home", home, "--json", "import", scans)
    db = workspace_home.open_home(Settings.read(home))
    tasks.create(db, name="draw", classes=["liver", "spleen"])
    db.close()
    return home


def draw(home: Path) -> None:
    db = workspace_home.open_home(Settings.read(home))
    for case in annotations.queue(db, task_id=tasks.task_named(db, "draw").id):
        drawings.draw(
            db,
            case_id=case.id,
            image_id=case.image_ids[0],
            frame=0,
            key=f"k{case.id}",
            client=f"c{case.id}",
            shape="box",
            geometry={"points": [[10, 20], [300, 400]]},
            label=0,
            by="ann",
        )
    db.close()


def test_drawings_leave_and_come_back_by_command(capsys, tmp_path, scans, monkeypatch):
    monkeypatch.delenv("ROUNDS_DATABASE_URL", raising=False)
    first, other = (filled(capsys, tmp_path / name, scans) for name in ("one", "other"))
    draw(first)
    export = ("drawings", "export", "--task", "draw", "--format")
    code, result, _ = run(capsys, "--home", first, "--json", *export, "coco", "--out", tmp_path / "a.json")
    written = {"drawings": 3, "images": 3, "files": [str(tmp_path / "a.json")], "left_out": [], "remains": ""}
    assert (code, result) == (0, written)
    taken = run(capsys, "drawings", "import", "--task", "draw", tmp_path / "a.json", "--home", other, "--json")
    assert taken[:2] == (0, {"drawn": 3, "known": 0, "kept": 0})
    run(capsys, "--home", other, "--json", *export, "coco", "--out", tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    for format in ("seg", "sr"):
        result = run(capsys, "--home", first, "--json", *export, format, "--out", tmp_path / format, "--pseudonyms")[1]
        assert [Path(file).parent for file in result["files"]] == [tmp_path / format]
        (file,) = result["files"]
        assert result["remains"].startswith("Sex, age up to 89,")
        assert Path(file).stat().st_mode & 0o077 == 0  # it holds what an archive holds
    result = run(capsys, "--home", other, "--json", "drawings", "import", "--task", "draw", file)[1]
    assert result == {"drawn": 0, "known": 3, "kept": 0}


@pytest.mark.parametrize(
    ("argv", "exit_code", "words"),
    [
        (["export", "--task", "no", "--format", "csv", "--out", "x.csv"], 1, "There is no task 'no'"),
        (["export", "--task", "draw", "--format", "csv", "--out", "x.csv"], 1, "Task 'draw' has no drawings"),
        (
            ["export", "--task", "draw", "--format", "xml", "--out", "x"],
            2,
            "unknown value 'xml' for --format; choose one of coco, csv, seg, sr",
        ),
        (["export", "--task", "draw"], 2, "--format"),
        (["import", "--task", "draw", "/nowhere.json"], 1, "/nowhere.json"),
        (["import", "/nowhere.json"], 2, "--task"),
        ([], 2, "VERB"),
    ],
)
def test_what_fails_is_one_sentence_in_both_places(capsys, tmp_path, scans, argv, exit_code, words):
    home = filled(capsys, tmp_path / "home", scans)
    code, result, err = run(capsys, "--home", home, "--json", "drawings", *argv)
    assert code == exit_code
    assert set(result) == {"error"}
    assert words in result["error"]
    assert err == result["error"] + "\n"


def test_a_folder_that_is_not_there_is_a_sentence(capsys, tmp_path, scans):
    home = filled(capsys, tmp_path / "home", scans)
    draw(home)
    argv = ["--home", home, "--json", "drawings", "export", "--task", "draw", "--format"]
    assert "does not exist; create it" in run(capsys, *argv, "csv", "--out", tmp_path / "no" / "x.csv")[1]["error"]
    (tmp_path / "file").write_text("")
    assert "is a file" in run(capsys, *argv, "seg", "--out", tmp_path / "file")[1]["error"]
    assert run(capsys, *argv, "csv", "--out", tmp_path)[1]["error"].endswith(".")
