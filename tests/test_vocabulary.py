"""Names are nouns and verbs of the field: no filler word names anything, and no two classes share a name."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("core", "dashboard", "db")
FILLERS = frozenset(["told", "said", "asked", "found", "held", "kept", "there", "here", "wanted", "own", "mine"])
FIXTURE = ROOT / "tests" / "fixtures" / "make_home.py"  # runs with version 0.5, and so speaks its words
DECLARED = re.compile(r"\b(?:const|let|var|function|class)\s+(?:\{[^}]*\}|\[[^\]]*\]|\w+)|\(([^()]*)\)\s*=>|(\w+)\s*=>")
BINDERS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def sources(*folders: str, ending: str = "py") -> list[Path]:
    """Return the files of some top folders."""
    return [path for folder in folders for path in sorted((ROOT / folder).rglob(f"*.{ending}")) if path != FIXTURE]


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield every name that a module binds, with its line: variables, parameters, functions, classes, imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id if isinstance(node, ast.Name) else node.attr
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, BINDERS) or (
            isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name
        ):
            yield node.lineno, node.name
        elif isinstance(node, ast.alias):
            yield node.lineno, node.asname or node.name.rpartition(".")[2]


def comprehension_targets(tree: ast.AST) -> set[tuple[int, int]]:
    """Return where comprehensions that stand on one line bind their variables: there `one` is read at a glance."""
    kinds = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    return {
        (name.lineno, name.col_offset)
        for node in ast.walk(tree)
        if isinstance(node, kinds) and node.lineno == node.end_lineno
        for part in node.generators
        for name in ast.walk(part.target)
        if isinstance(name, ast.Name)
    }


def fillers(text: str) -> list[tuple[int, str]]:
    """Return the lines of a module whose names say nothing."""
    tree = ast.parse(text)
    short = comprehension_targets(tree)
    ones = [
        (node.lineno, "one")
        for node in ast.walk(tree)
        if (
            (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id.strip("_") == "one")
            and (node.lineno, node.col_offset) not in short
        )
        or (isinstance(node, ast.arg) and node.arg == "one")
    ]
    return sorted({(line, name) for line, name in names(tree) if name.strip("_").lower() in FILLERS} | set(ones))


def script_names(text: str) -> Iterator[tuple[int, str]]:
    """Yield the words that a JavaScript module declares, with their lines: constants, functions, parameters."""
    for number, line in enumerate(text.split("\n"), start=1):
        for match in DECLARED.finditer(line.partition("//")[0]):
            yield from ((number, word) for word in re.findall(r"[A-Za-z_]\w*", match[0]))


@pytest.mark.parametrize("folder", [*PACKAGES, "tests"])
def test_no_name_is_a_filler(folder: str) -> None:
    lines = {str(path.relative_to(ROOT)): fillers(path.read_text()) for path in sources(folder)}
    assert not {path: words for path, words in lines.items() if words}


def test_no_name_of_the_viewer_is_a_filler() -> None:
    lines = {
        path.name: [(line, word) for line, word in script_names(path.read_text()) if word in FILLERS | {"one"}]
        for path in sources("dashboard", ending="js")
    }
    assert not {name: words for name, words in lines.items() if words}


def test_no_two_classes_share_a_name() -> None:
    places = defaultdict(list)
    for path in sources(*PACKAGES):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path.relative_to(ROOT)))
    assert not {name: paths for name, paths in places.items() if len(paths) > 1}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def f(rows, held): pass", ["held"]),
        ("class A:\n    told: int = 0\n    def _found(self): self.kept = 1", ["told", "_found", "kept"]),
        ("lines = [one.text for one in rows]", []),
        ("lines = [\n    one.text\n    for one in rows\n]", ["one"]),
        ("for one in rows: pass", ["one"]),
        ("try:\n    pass\nexcept OSError as mine:\n    pass", ["mine"]),
        ("from core import x as own", ["own"]),
        ("there_are = founder = 1", []),
    ],
)
def test_fillers_are_seen(text: str, words: list[str]) -> None:
    assert [name for _, name in fillers(text)] == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("const { found, rest } = answer; // told", ["found"]),
        ("rows.map((one) => one.id)", ["one"]),
        ("function said(text) {}", ["said"]),
        ("here.there = 1", []),
    ],
)
def test_fillers_of_scripts_are_seen(text: str, words: list[str]) -> None:
    assert [word for _, word in script_names(text) if word in FILLERS | {"one"}] == words
