"""The table of commands: each is found, documented, and named with its neighbour where it is misspelt."""

import subprocess
import sys
from importlib.metadata import version

import pytest

from core.__main__ import main
from core.cli import reference
from core.cli.commands import COMMANDS, build_parser, parse
from core.cli.parser import UsageError
from core.lazy_modules import load

TRAIN = ["train", "--snapshot", "s", "--model", "small_cnn"]


def test_the_table_and_the_modules_name_the_same_commands() -> None:
    modules = {command.module for command in COMMANDS.values()}
    handled = {name: module for module in modules for name in load(module).HANDLERS}
    assert handled == {name: command.module for name, command in COMMANDS.items()}


def test_the_reference_is_what_the_parser_says() -> None:
    assert reference.PATH.read_text(encoding="utf-8") == reference.reference(), (
        "core/cli/REFERENCE.md is out of date; run `python -m core.cli.reference`."
    )


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["trian"], "rounds: unknown command 'trian'; did you mean 'train'?"),
        (["--hom", "x", "doctor"], "rounds: unknown option '--hom'; did you mean '--home'?"),
        (["doctor", "--jsn"], "rounds doctor: unknown option '--jsn'; did you mean '--json'?"),
        (["evaluate", "--rnu", "3"], "rounds evaluate: unknown option '--rnu'; did you mean '--run'?"),
        (["evaluate", "--run", "3", "--split", "tset"], "unknown value 'tset' for --split; did you mean 'test'?"),
        (["labels", "exprt"], "rounds labels: unknown command 'exprt'; did you mean 'export'?"),
        (["labels", "export", "--tsk", "x"], "rounds labels export: unknown option '--tsk'; did you mean '--task'?"),
        (["train", "--snapshot", "s", "--model", "resnet81"], "unknown model 'resnet81'; did you mean 'resnet18'?"),
        ([*TRAIN, "--preset", "quick"], "unknown preset 'quick'; did you mean 'quick look'?"),
        (["subgroups", "--run", "1", "--metric", "auc"], "unknown metric 'auc'; did you mean 'auroc'?"),
        (["subgroups", "--run", "1", "--metric", "x"], "unknown metric 'x'; choose one of auroc, accuracy, "),
        (["explain", "--method", "gradcm"], "unknown method 'gradcm'; did you mean 'gradcam'?"),
        (["analyze", "--kind", "shortcut"], "unknown value 'shortcut' for --kind; did you mean 'shortcuts'?"),
        (["runs", "x"], "rounds runs: argument ID: invalid int value: 'x'; `rounds runs --help` lists its options."),
        ([], "rounds: the following arguments are required: COMMAND"),
    ],
)
def test_a_wrong_command_line_names_the_nearest_word(argv: list[str], message: str) -> None:
    with pytest.raises(UsageError) as error:
        parse(argv)
    assert message in str(error.value)


def test_an_unknown_setting_is_named_with_its_neighbour(tmp_path, capsys) -> None:
    assert main(["--home", str(tmp_path / "home"), *TRAIN, "--set", "epoch=5"]) == 2
    assert capsys.readouterr().err == "rounds train: unknown setting 'epoch'; did you mean 'epochs'?\n"


def test_a_wrong_command_line_has_its_own_exit_code(tmp_path, capsys) -> None:
    assert main(["trian"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert main(["--home", str(tmp_path / "home"), "runs", "4711"]) == 1


def test_the_help_of_train_lists_every_setting(capsys) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["train", "--help"])
    words = " ".join(capsys.readouterr().out.split())
    assert "epochs 1 to 1000 (default: 10)." in words
    assert "learning_rate 1e-06 to 1 (default: 0.001)." in words
    assert "loss cross-entropy | focal (default: cross-entropy)." in words
    assert "views text of up to 200 characters (default: empty)." in words


def test_every_help_can_be_printed() -> None:
    text = build_parser().format_help()
    for name, command in COMMANDS.items():
        assert (f"  {name} " in text) == bool(command.group)
        with pytest.raises(SystemExit, match="0"):
            parse([name, "--help"])


def test_the_version_is_that_of_the_package(capsys) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"rounds {version('rounds')}\n"


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_the_help_of_all_commands_loads_no_heavy_library(option: str) -> None:
    code = (
        "import sys\n"
        "from dashboard.__main__ import main\n"
        "try:\n"
        f"    main(['{option}'])\n"
        "except SystemExit:\n"
        "    heavy = {'torch', 'streamlit', 'sqlalchemy', 'numpy', 'rich'} & set(sys.modules)\n"
        "    sys.exit(', '.join(heavy) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
