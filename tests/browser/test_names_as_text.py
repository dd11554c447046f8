"""Names that are Markdown, LaTeX, HTML or very long are shown as they were written, on every page."""

import numpy as np
import pytest
from PIL import Image

from core.curation.recipe import Recipe
from core.services.annotation import annotations, comments, tasks
from core.services.datasets import snapshots
from core.services.imports import import_files
from core.services.imports.import_request import ImportRequest
from core.services.predictions import external
from core.services.workspace import home
from core.settings import Settings
from dashboard.links.section_names import SECTIONS
from tests.browser.chromium import settled
from tests.browser.servers import standing

HOSTILE = "CO$_2$ a_b_c *x* <5 mm> ![i](http://e.test/p.png) [l](http://e.test) :red[r] :tada: `c` ~~s~~ $$y$$ 1 -> 2"
LABELS = [f"{HOSTILE} no", f"{HOSTILE} yes"]
CASES = 24
RENDERED = """() => [...document.querySelectorAll('.katex, del, em, code, a[href*="e.test"], img[src*="e.test"]')]
    .filter(node => node.checkVisibility()).map(node => node.outerHTML.slice(0, 200))"""
CHANGED = r"""name => {
    const known = text => /\bCO\S{0,9} ?a.b.c/i.test(text), bare = text => text.replaceAll('\u2060', '').toLowerCase();
    return [...document.querySelectorAll('body *')]
        .filter(node => known(node.textContent) && ![...node.children].some(child => known(child.textContent)))
        .filter(node => !['SCRIPT', 'STYLE', 'TITLE'].includes(node.tagName))
        .map(node => bare(node.textContent).replace(/^.*?(?=\bco\W)/s, ''))
        .filter(text => {
            const cut = text.search(/…|\.\.\./), shown = cut < 0 ? text : text.slice(0, cut).trimEnd();
            return !(shown.includes(bare(name)) || bare(name).startsWith(shown));
        });
}"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A home where every name is hostile: classes, task, dataset, models, column, patients, readers, comments."""
    folder = tmp_path_factory.mktemp("hostile")
    pictures = folder / "pictures"
    pictures.mkdir()
    rows = [f"file,patient,{quoted(HOSTILE)},label"]
    for number in range(CASES):
        pixels = np.random.default_rng(number).integers(0, 255, (32, 40), dtype=np.uint8)
        Image.fromarray(pixels).save(pictures / f"{number:02} $x_1$ *b*.png")
        value, label = HOSTILE + "AB"[number % 2], LABELS[number // 2 % 2]
        rows.append(f"{number:02} $x_1$ *b*.png,p{number // 2},{quoted(value)},{quoted(label)}")
    (pictures / "labels.csv").write_text("\n".join(rows))
    settings = Settings.read(folder / "home")
    db = home.open_home(settings)
    request = ImportRequest(pictures, metadata=pictures / "labels.csv", task=HOSTILE, label_column="label")
    list(import_files.run(db, settings, request, by=HOSTILE))
    task = tasks.task_named(db, HOSTILE)
    snapshot = snapshots.freeze(db, task.id, Recipe(val=0.25, test=0.25), name=HOSTILE, by=HOSTILE)
    for name in (HOSTILE, f"{HOSTILE} 2"):
        scores = "\n".join(f"{at:02} $x_1$ *b*.png,{(at * 7 + len(name)) % CASES / CASES}" for at in range(CASES))
        (folder / "scores.csv").write_text(f"image,score\n{scores}")
        external.import_predictions(
            db, settings, snapshot=snapshot.id, name=name, csv=folder / "scores.csv", by=HOSTILE
        )
    case = annotations.queue(db, task_id=task.id)[0].id
    comments.comment(db, case_id=case, text=HOSTILE, by=HOSTILE, key="comment")
    db.close()
    with standing(folder / "home", roots=[pictures]) as server:
        yield server


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


PAGES = (
    "",
    "import",
    "images",
    "images?image=1",
    "label?task=1&only=all",
    "datasets?task=1",
    "datasets?task=1&snapshot=1",
    "train?snapshot=1",
    "runs",
    "runs?run=1",
    *(f"review?run=1&split=val&section={name}" for name in SECTIONS),
    "compare?run=2&other=1",
    "case?run=1&split=all&case=1",
    "people",
    "settings",
)


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES)
def test_no_name_is_more_than_text(served, page, path):
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"{served.url}/{path}")
    settled(page)
    assert page.evaluate(RENDERED) == []
    assert page.evaluate(CHANGED, HOSTILE) == []
    assert [url for url in requests if served.url not in url and not url.startswith(("data:", "blob:"))] == []
