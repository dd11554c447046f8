"""The command line: a contract of names, keys, exit codes and one sentence for what fails."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from core.__main__ import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    lines = ["file,patient_id,kind"]
    for number in range(12):
        Picture.fromarray(np.full((6, 6), number, np.uint8)).save(made / f"{number}.png")
        lines.append(f"{number}.png,P{number // 2},{'ab'[number % 2]}")
    (made / "data.csv").write_text("\n".join(lines))
    (made / "letter.txt").write_text("Dear colleague")
    return made


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ROUNDS_READER", "tester")
    monkeypatch.delenv("ROUNDS_DATABASE_URL", raising=False)
    return tmp_path / "home"


def run(capsys, *argv: object) -> tuple[int, object, str]:
    """Exit code, the JSON on standard output, and standard error."""
    code = main([str(one) for one in argv])
    out, err = capsys.readouterr()
    return code, json.loads(out), err


def taken(capsys, home: Path, folder: Path) -> dict:
    return run(
        capsys,
        "--home",
        home,
        "import",
        folder,
        "--metadata",
        folder / "data.csv",
        "--task",
        "kind",
        "--label-column",
        "kind",
        "--json",
    )[1]


def test_import_has_the_keys_of_the_contract_and_they_add_up(capsys, home, folder):
    result = taken(capsys, home, folder)
    assert {"found", "imported", "known", "refused", "unlisted"} <= set(result)
    assert (result["unlisted"], result["texts"]) == ([], ["letter.txt"])
    assert (
        result["found"] == result["imported"] + result["known"] + len(result["refused"]) + len(result["unlisted"]) == 12
    )
    again = run(capsys, "import", folder, "--json", "--home", home)[1]
    assert (again["imported"], again["known"]) == (0, 12)
    assert {row["file"] for row in again["refused"]} == {"letter.txt", "data.csv"}
    assert all(row["reason"].endswith(".") for row in again["refused"])


@pytest.mark.parametrize("before", [True, False])
def test_home_and_json_stand_before_or_after_the_command(capsys, home, before):
    common = ["--home", home, "--json"]
    argv = [*common, "doctor"] if before else ["doctor", *common]
    code, result, _ = run(capsys, *argv)
    assert (home / "catalogue.sqlite").exists()
    assert set(result) == {"ok", "checks", "notes"}
    assert all(set(check) == {"name", "ok", "detail"} for check in result["checks"])
    assert result["ok"] is all(check["ok"] for check in result["checks"])
    assert code == (0 if result["ok"] else 1)


def test_home_may_come_from_the_environment(capsys, home, monkeypatch):
    monkeypatch.setenv("ROUNDS_HOME", str(home))
    assert run(capsys, "jobs", "--json")[:2] == (0, [])
    assert (home / "catalogue.sqlite").exists()


def test_snapshot_has_the_keys_of_the_contract(capsys, home, folder):
    taken(capsys, home, folder)
    code, result, _ = run(
        capsys, "--home", home, "--json", "snapshot", "--task", "kind", "--name", "one", "--val", "0.2", "--test", "0.2"
    )
    assert code == 0
    assert (result["name"], result["shared_patients"], len(result["hash"])) == ("one", 0, 64)
    assert result["certificate"] == "No patient is in more than one split."
    assert set(result["splits"]) == {"train", "val", "test"}
    assert all({"images", "patients", "labels"} <= set(split) for split in result["splits"].values())
    assert sum(split["images"] for split in result["splits"].values()) == 12
    assert sum(split["patients"] for split in result["splits"].values()) == 6


def test_label_takes_a_csv_once(capsys, home, folder, tmp_path):
    taken(capsys, home, folder)
    with (tmp_path / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["image", "label", "reader"], ["0.png", "b", "ann"], ["1.png", "a", ""]])
    argv = ["--home", home, "--json", "label", "--task", "kind", "--csv", tmp_path / "labels.csv"]
    assert run(capsys, *argv)[:2] == (0, {"labelled": 2, "known": 0, "without_label": 0})
    assert run(capsys, *argv)[:2] == (0, {"labelled": 0, "known": 2, "without_label": 0})


def test_labels_writes_a_csv_that_label_takes(capsys, home, folder, tmp_path):
    taken(capsys, home, folder)
    common = ["--home", home, "--json"]
    argv = [*common, "labels", "--task", "kind", "--out", tmp_path / "out.csv"]
    assert run(capsys, *argv)[:2] == (0, {"file": str(tmp_path / "out.csv"), "lines": 12})
    again = [*common, "label", "--task", "kind", "--csv", tmp_path / "out.csv"]
    assert run(capsys, *again)[:2] == (0, {"labelled": 0, "known": 12, "without_label": 0})
    code, result, _ = run(capsys, *argv[:-1], tmp_path / "nowhere" / "out.csv")
    assert code == 1
    assert "No such file" in result["error"]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["import", "/nowhere/at/all"], "/nowhere/at/all does not exist"),
        (["snapshot", "--task", "x", "--name", "y"], "There is no task 'x'"),
        (["snapshot", "--task", "x", "--name", "y", "--val", "0.9", "--test", "0.9"], "leave no training cases"),
        (["snapshot", "--task", "x"], "--name"),
        (["train", "--snapshot", "x", "--model", "small_cnn"], "There is no snapshot 'x'"),
        (["train", "--snapshot", "x", "--model", "small_cnn", "--set", "epochs"], "is not a setting"),
        (["train", "--snapshot", "x", "--model", "resnet_18"], "unknown model 'resnet_18'; did you mean 'resnet18'?"),
        (["train", "--snapshot", "x", "--model", "vgg11_bn", "--preset", "quick"], "did you mean 'quick look'?"),
        (["jobs", "cancel", "4711"], "There is no job 4711"),
        (["jobs", "cancel"], "needs the job's number"),
        (["runs", "4711"], "4711"),
        (["predict", "--run", "4711"], "4711"),
        (["evaluate", "--run", "4711"], "4711"),
        (["explain", "--run", "1", "--image", "1", "--out", "x.png"], "No image matches '1'"),
        (["label", "--task", "x", "--csv", "/nowhere.csv"], "/nowhere.csv cannot be opened"),
        (["nonsense"], "unknown command 'nonsense'; choose one of serve"),
        (["trian"], "unknown command 'trian'; did you mean 'train'?"),
        ([], "COMMAND"),
        (["serve"], "rounds serve"),
    ],
)
def test_what_fails_is_one_sentence_in_both_places(capsys, home, argv, message):
    code, out, err = run(capsys, "--home", home, "--json", *argv)
    assert code != 0
    assert set(out) == {"error"}
    assert message in out["error"]
    assert err == out["error"] + "\n"


def test_without_json_standard_output_stays_empty(capsys, home):
    assert main(["--home", str(home), "runs", "4711"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1


def test_a_folder_without_images_says_so_and_lists_its_files(capsys, home, tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "letter.txt").write_text("Dear colleague")
    code, result, err = run(capsys, "--home", home, "import", tmp_path / "x", "--json")
    assert code == 1
    assert result["error"] + "\n" == err
    assert [row["file"] for row in result["refused"]] == ["letter.txt"]


def test_an_archive_is_imported_by_its_name(capsys, home, folder, tmp_path):
    shutil.make_archive(str(tmp_path / "scans"), "gztar", folder)
    code, result, _ = run(capsys, "--home", home, "import", tmp_path / "scans.tar.gz", "--json")
    assert (code, result["imported"]) == (0, 12)
    assert not list((home / "inbox").iterdir())


def test_a_file_where_the_home_should_be_is_one_sentence(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    code, result, _ = run(capsys, "--home", tmp_path / "file", "--json", "doctor")
    assert code == 1
    assert "cannot be used" in result["error"]


def test_plain_text_names_what_json_names(capsys, home, folder):
    assert main(["--home", str(home), "import", str(folder)]) == 0
    out, _ = capsys.readouterr()
    assert "found: 14" in out
    assert "imported: 12" in out
    assert "letter.txt" in out


LIGHT = """
import pkgutil, sys, importlib
import core.__main__, core.services
for module in pkgutil.iter_modules(core.services.__path__):
    importlib.import_module("core.services." + module.name)
print(sorted({"torch", "torchvision", "pytorch_grad_cam", "streamlit"} & set(sys.modules)))
"""


def test_services_and_the_command_line_start_without_torch():
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_import_decodes_in_its_readers_alone_and_loads_no_numpy_itself(home, folder):
    code = (
        "import sys\n"
        "from dashboard.__main__ import main\n"
        "code = main(sys.argv[1:])\n"
        "sys.exit(', '.join({'numpy', 'PIL', 'pydicom', 'torch'} & set(sys.modules)) or code)\n"
    )
    argv = [sys.executable, "-c", code, "--home", str(home), "import", str(folder)]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_torch_waits_without_spinning_unless_its_user_says_otherwise(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OMP_DISPLAY_ENV", "TRUE")
    for policy, got in ((None, "PASSIVE"), ("ACTIVE", "ACTIVE")):
        monkeypatch.delenv("OMP_WAIT_POLICY", raising=False) if policy is None else monkeypatch.setenv(
            "OMP_WAIT_POLICY", policy
        )
        done = subprocess.run([sys.executable, "-c", "import core, torch"], capture_output=True, text=True, check=True)
        assert f"OMP_WAIT_POLICY = '{got}'" in done.stderr
