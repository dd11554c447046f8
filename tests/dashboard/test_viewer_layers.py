"""The viewer's modules import downwards only: index, label, view, then draw and render side by side, then base."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

VIEWER = Path(__file__).parents[2] / "dashboard" / "viewer"
BELOW = {  # the rooms that each room may import from, besides itself
    "index": {"label", "view", "draw", "render", "base"},
    "label": {"view", "draw", "render", "base"},
    "view": {"draw", "render", "base"},
    "draw": {"base"},
    "render": {"base"},
    "widgets": {"base"},
    "base": set(),
}
IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""")


def room(path: Path) -> str:
    """Return the room of a module: its folder, or `index` for the entry module."""
    return path.relative_to(VIEWER).parts[0].removesuffix(".js")


def imports(path: Path, text: str) -> Iterator[Path]:
    """Yield the modules that a module imports or re-exports, static or dynamic."""
    for name in IMPORT.findall(text):
        yield (path.parent / name).resolve()


def violations(path: Path, text: str) -> list[str]:
    """Return the imports of a module from a room that is not below its own, or from a file that does not exist."""
    allowed = BELOW[room(path)] | {room(path)}
    return [
        f"{path.relative_to(VIEWER)} imports {target}"
        for target in imports(path, text)
        if not target.is_file() or not target.is_relative_to(VIEWER) or room(target) not in allowed
    ]


def test_the_modules_of_the_viewer_import_downwards_only() -> None:
    modules = sorted(VIEWER.rglob("*.js"))
    assert len(modules) > 40
    assert {room(path) for path in modules} == set(BELOW)
    assert not [line for path in modules for line in violations(path, path.read_text())]


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("base/dom.js", 'import { Store } from "../draw/store.js";'),
        ("draw/store.js", "import { Canvas2d } from '../render/canvas2d.js';"),
        ("render/webgl.js", 'export * from "../view/pane.js";'),
        ("view/pane.js", 'const answers = await import("../label/answers.js");'),
        ("widgets/gallery.js", 'import "../view/cine.js";'),
        ("label/keys.js", 'import {\n  a,\n  b,\n} from "../index.js";'),
        ("view/pane.js", 'import { a } from "./removed.js";'),
    ],
)
def test_an_import_upwards_or_of_no_file_is_seen(place: str, text: str) -> None:
    assert violations(VIEWER / place, text)


def test_imports_downwards_and_beside_are_allowed() -> None:
    assert not violations(VIEWER / "label/keys.js", 'import { a } from "../base/dom.js";\nimport "./answers.js";')
