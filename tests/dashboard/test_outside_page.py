"""A CSV of predictions made elsewhere is taken on the Runs page, and its run is shown and reviewed as any other."""

import pytest

from core.curation.recipe import Recipe
from core.services.annotation import tasks
from core.services.datasets import snapshots
from core.services.training import runs
from core.services.workspace import home as workspace_home
from tests.dashboard.test_pages import filled, home, on_test, opened, text_of

__all__ = ["filled", "home"]


@pytest.fixture
def frozen(filled):
    db = workspace_home.open_home(filled)
    snapshots.freeze(db, tasks.task_named(db, "finding").id, Recipe(val=0.25, test=0.25), name="one", by="t")
    yield db
    db.close()


def chosen(app, lines: list[str], name: str = "vendor 2"):
    app.text_input(key="outside_name").set_value(name)
    app.file_uploader[0].set_value(("scores.csv", "\n".join(["image,b", *lines]).encode(), "text/csv"))
    return app


def given(app, lines: list[str], name: str = "vendor 2"):
    return chosen(app, lines, name).button(key="outside_go").click().run()


def test_the_first_lines_are_shown_with_their_images_before_anything_is_imported(frozen):
    app = chosen(opened("runs"), ["gone.png,0.5", *(f"{at}.png,{at / 24!r}" for at in range(24))]).run()
    assert "The first 10 lines of this dataset: line, image and scores." in text_of(app)
    assert runs.list_runs(frozen) == []
    assert not [*(frozen_home(frozen) / "inbox").iterdir()]


def test_it_becomes_a_run_with_pages_of_its_own(frozen):
    app = given(opened("runs"), [f"{at}.png,{at / 24!r}" for at in range(24)] + ["gone.png,0.5"])
    assert not app.exception, [one.message for one in app.exception]
    (run,) = runs.list_runs(frozen)
    assert (run.model, run.predicted) == ("vendor 2", 24)
    shown = text_of(opened("runs", run=str(run.id)))
    assert "24 predictions from 25 lines of scores.csv; 1 line about images that were not imported (line 26)." in shown
    assert "Imported predictions have no training curves and no saliency maps." in shown
    assert "external" in text_of(opened("home"))
    assert "has external predictions" in text_of(on_test("review", run=str(run.id)))
    assert not [*(frozen_home(frozen) / "inbox").iterdir()]
    gone = text_of(opened("case", run=str(run.id), case="9999", split="all"))
    assert "There is no case 9999 in this home: it was deleted, or the link is from another home." in gone


def test_what_cannot_be_taken_is_one_sentence(frozen):
    app = given(opened("runs"), ["0.png,7"])
    assert [one.value for one in app.error] == [
        "scores.csv, line 2: the score is '7'; give a probability from 0 to 1 (after softmax or sigmoid), or leave all "
        "scores of the line empty."
    ]
    assert "need the name of their model" in given(opened("runs"), ["0.png,0.7"], " ").error[0].value
    assert runs.list_runs(frozen) == []
    assert not [*(frozen_home(frozen) / "inbox").iterdir()]


def frozen_home(db):
    return db.file.parent
