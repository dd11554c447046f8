"""Who imports whom: late imports are of listed libraries alone, and no modules import one another in a circle.

The graph of the circles has what runs: imports at the top, inside functions, and the late ones of `core.lazy_modules`,
each an arrow from the file that names the module. Imports under `if TYPE_CHECKING` are left out unless a `LazyModule`
of the same file stands for them: they never run.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from core.lazy_modules import MODULES

ROOT = Path(__file__).parents[1]
PACKAGES = ("core", "dashboard", "db")
LOADER = "core.lazy_modules"
SCIENCE = tuple(f"core.{room}" for room in ("curation", "evaluation", "explain", "imaging", "models", "training"))
LOOKUPS = {"hyperparameter", "hyperparameters", "is_relevant", "group_hyperparameters"}  # of a training's settings
LIBRARIES = {  # heavy or optional: the only ones that a function may import
    *("torch", "torchvision", "safetensors", "pytorch_grad_cam", "monai", "optuna", "onnx", "onnxruntime", "ray"),
    *("pandas", "pyarrow", "scipy", "sklearn", "statsmodels", "umap", "openTSNE"),
    *("pydicom", "highdicom", "nibabel", "PIL", "imagecodecs", "tifffile"),
    *("streamlit", "plotly", "matplotlib", "uvicorn", "authlib", "argon2"),
    *("alembic", "sqlcipher3", "psycopg", "psutil", "openpyxl", "python_calamine", "typst", "pptx"),
}


@cache
def trees() -> dict[str, ast.Module]:
    """Return the syntax tree of every module of the product by its name."""
    paths = (path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {
        ".".join(path.with_suffix("").parts).removesuffix(".__init__"): ast.parse((ROOT / path).read_text())
        for path in paths
    }


def late_imports(node: ast.AST, *, inside: bool = False) -> Iterator[str]:
    """Yield the modules that are imported inside a function, and are of no listed library."""
    if inside and isinstance(node, ast.Import | ast.ImportFrom):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or "."]
        yield from (name for name in names if name.partition(".")[0] not in LIBRARIES)
    inside = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield from late_imports(child, inside=inside)


def dynamic_imports(tree: ast.Module) -> Iterator[str]:
    """Yield what imports by a name that is computed. `importlib.metadata` and `importlib.resources` import nothing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name in ("importlib", "importlib.util", "imp", "runpy"))
        elif isinstance(node, ast.ImportFrom) and node.module in ("importlib", "importlib.util", "runpy"):
            yield from (one.name for one in node.names if one.name not in ("metadata", "resources"))
        elif isinstance(node, ast.Name) and node.id == "__import__":
            yield node.id


def science_names(tree: ast.Module) -> Iterator[str]:
    """Yield what a module imports from the science by a name that is neither a type nor a constant."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(SCIENCE):
            yield from (one.name for one in node.names if one.name[0].islower() and one.name not in LOOKUPS)
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name.startswith(SCIENCE))


def lazy_names(tree: ast.Module) -> set[str]:
    """Return the modules of the table that a file names in a string: each an arrow to that module."""
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return strings & MODULES


def circles(arrows: set[tuple[str, str]]) -> set[frozenset[str]]:
    """Return the strongly connected components of more than one module, and modules that import themselves."""
    names = sorted({name for arrow in arrows for name in arrow})
    at = {name: number for number, name in enumerate(names)}
    rows, columns = ([at[arrow[end]] for arrow in arrows] for end in (0, 1))
    graph = csr_array((np.ones(len(arrows)), (rows, columns)), shape=(len(names), len(names)))
    count, component = connected_components(graph, directed=True, connection="strong")
    groups: list[set[str]] = [set() for _ in range(count)]
    for name, number in zip(names, component.tolist(), strict=True):
        groups[number].add(name)
    itself = {frozenset([first]) for first, second in arrows if first == second}
    return {frozenset(group) for group in groups if len(group) > 1} | itself


def test_functions_import_listed_libraries_alone() -> None:
    late = {name: sorted(late_imports(tree)) for name, tree in trees().items()}
    assert not {name: modules for name, modules in late.items() if modules}


def test_the_dashboard_takes_types_and_tables_from_the_science_and_computes_nothing() -> None:
    names = {name: list(science_names(tree)) for name, tree in trees().items() if name.startswith("dashboard")}
    assert not {name: functions for name, functions in names.items() if functions}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("from core.training.spec import PRESETS, TrainSpec, hyperparameter", []),
        ("from core.evaluation.report import Report, report", ["report"]),
        ("def page():\n    from core.evaluation import curves", ["curves"]),
        ("import core.imaging.store", ["core.imaging.store"]),
    ],
)
def test_what_computes_is_seen(text: str, names: list[str]) -> None:
    assert list(science_names(ast.parse(text))) == names


def test_only_the_loader_imports_by_name() -> None:
    assert {name for name, tree in trees().items() if [*dynamic_imports(tree)]} == {LOADER}


def test_every_module_of_the_table_is_used() -> None:
    used = [lazy_names(tree) for name, tree in trees().items() if name != LOADER]
    assert set().union(*used) == MODULES


def test_no_modules_import_one_another_in_a_circle() -> None:
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)
    arrows = {(module, other) for module in graph.modules for other in graph.find_modules_directly_imported_by(module)}
    lazy = {(name, other) for name, tree in trees().items() if name != LOADER for other in lazy_names(tree)}
    assert not circles(arrows | lazy)


@pytest.mark.parametrize(
    ("arrows", "expected"),
    [
        ({("a", "b"), ("b", "c")}, set()),
        ({("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")}, {frozenset("abc")}),
        ({("a", "a"), ("a", "b")}, {frozenset("a")}),
    ],
)
def test_circles_are_seen(arrows: set[tuple[str, str]], expected: set[frozenset[str]]) -> None:
    assert circles(arrows) == expected


@pytest.mark.parametrize(
    ("text", "late", "dynamic"),
    [
        ("import json\ndef f():\n    import torch.nn, PIL", [], []),
        ("def f():\n    import json\n    async def g():\n        from core import errors", ["core", "json"], []),
        ("class A:\n    def f(self):\n        from . import cli", ["."], []),
        ("import importlib", [], ["importlib"]),
        ("from importlib import import_module", [], ["import_module"]),
        ("from importlib.metadata import version\nfrom importlib import resources", [], []),
        ("__import__('core')", [], ["__import__"]),
    ],
)
def test_imports_are_seen(text: str, late: list[str], dynamic: list[str]) -> None:
    tree = ast.parse(text)
    assert (sorted(late_imports(tree)), list(dynamic_imports(tree))) == (late, dynamic)
