"""The laws hold, and what the README promises exists."""

import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from core.cli.commands import COMMANDS

ROOT = Path(__file__).parents[1]
TOP = {"pyproject.toml", "dashboard", "core", "db", "tests", "Dockerfile", "README.md"}


def test_the_import_laws_hold():
    tool = shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or "lint-imports"
    done = subprocess.run([tool], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_nothing_else_is_visible_at_the_top():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    assert {name.split("/")[0] for name in tracked if not name.startswith(".")} == TOP


def test_every_command_stands_in_the_readme():
    readme = (ROOT / "README.md").read_text()
    missing = [name for name, command in COMMANDS.items() if command.group and f"rounds {name}" not in readme]
    assert not missing


def test_every_picture_of_the_readme_exists():
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", (ROOT / "README.md").read_text())
    assert pictures
    assert all((ROOT / name).exists() for name in pictures)


def test_the_first_page_and_the_services_load_no_torch():
    code = (
        "import sys, pkgutil, importlib, core.services, dashboard.server.app_server, dashboard.navigation\n"
        "for one in pkgutil.iter_modules(core.services.__path__):\n"
        "    importlib.import_module('core.services.' + one.name)\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_the_script_loads_neither_streamlit_nor_torch():
    code = "import sys, dashboard.__main__; sys.exit('streamlit' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_no_folder_is_a_flat_hall():
    """A folder counts its own files, not those of rooms inside it."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    halls = Counter(
        (str(path.parent), path.suffix)
        for path in map(Path, tracked)
        if path.suffix in (".py", ".js") and path.parts[0] in ("core", "dashboard", "db")
    )
    limits = {f"core/{name}": 35 for name in ("evaluation", "models", "training")}
    assert not {hall: count for hall, count in halls.items() if count > limits.get(hall[0], 25)}


def test_the_formatter_formats_every_line():
    marks = ("# fmt: " + "skip", "# fmt: " + "off")
    paths = [path for package in ("core", "dashboard", "db", "tests") for path in (ROOT / package).rglob("*.py")]
    assert not [path for path in paths if any(mark in path.read_text() for mark in marks)]


def test_the_commands_of_the_checks_are_the_same_everywhere():
    """What runs before a commit, in CI and by hand is one list."""
    ci = (ROOT / ".ci" / "run").read_text()
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    for command in ("ruff format", "ruff check", "mypy", "lint-imports"):
        assert command in ci
        assert command in hooks


def test_the_library_example_of_the_readme_runs():
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    done = subprocess.run([sys.executable, "-c", example], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "value=0.66" in done.stdout
