"""`rounds imports`: the list of imports with what failed, undo, and repeat."""

from core.services.imports.import_request import ImportRequest
from core.services.workspace.home import open_home
from core.settings import Settings
from tests.core.cli.test_main import folder, home, run
from tests.core.conftest import Home
from tests.core.services.imports.test_inbox_sweep import done

__all__ = ["folder", "home"]


def test_imports_are_listed_undone_and_repeated(capsys, folder, home):
    table = folder / "data.csv"
    options = ("--metadata", table, "--task", "kind", "--label-column", "kind")
    _, report, _ = run(capsys, "--home", home, "--json", "import", folder, *options)
    code, (listed,), _ = run(capsys, "--home", home, "--json", "imports")
    assert (code, listed["import"], listed["state"], listed["error"]) == (0, 1, "finished", "")
    assert (listed["path"], listed["table"], listed["by"]) == (str(folder), str(table), "tester")
    assert (listed["images"], listed["labels"]) == (report["images"], report["labelled"])
    assert listed["notes"] == {note["kind"]: note["count"] for note in report["notes"]}
    code, removed, _ = run(capsys, "--home", home, "--json", "imports", "undo", "1")
    assert (code, removed["import"]) == (0, 1)
    assert (removed["images"], removed["labels"]) == (report["images"], report["labelled"])
    code, again, _ = run(capsys, "--home", home, "--json", "imports", "repeat", "1")
    assert (code, again["imported"], again["labelled"]) == (0, report["imported"], report["labelled"])
    _, listed, _ = run(capsys, "--home", home, "--json", "imports")
    assert [(one["import"], one["state"]) for one in listed] == [(2, "finished"), (1, "undone")]
    for words, sentence in (
        (("undo", "1"), "This import was undone before; its images are gone."),
        (("repeat", "7"), "There is no import 7; the Import page lists them."),
        (("undo",), "`rounds imports undo` needs the import's number; `rounds imports` lists them."),
    ):
        code, answer, err = run(capsys, "--home", home, "--json", "imports", *words)
        assert (code > 0, answer["error"], err.strip()) == (True, sentence, sentence)


def test_an_import_that_failed_says_of_what_it_was_and_why(capsys, folder, home):
    settings = Settings.read(home)
    db = open_home(settings)
    table = folder / "Anna_Mueller.csv"
    table.write_text("file,kind\nnone.png,a\n")
    done(Home(db, settings), ImportRequest(folder, metadata=table, task="kind"), "page")
    _, (failed,), _ = run(capsys, "--home", home, "--json", "imports")
    assert (failed["import"], failed["job"], failed["state"]) == (None, 1, "failed")
    assert (failed["path"], failed["table"]) == (str(folder), str(table))
    assert failed["error"].startswith("Anna_Mueller.csv names none of the")
    table.write_text("file,kind\n")  # a later one does not change what is known of the first
    done(Home(db, settings), ImportRequest(folder), "other")
    _, listed, _ = run(capsys, "--home", home, "--json", "imports")
    assert [(one["import"], one["job"], one["state"]) for one in listed] == [(1, 2, "finished"), (None, 1, "failed")]
    db.close()
