"""`rounds persons`: what is asked, and a decision and its undo by pseudonym."""

from tests.core.cli.test_main import folder, home, run

__all__ = ["folder", "home"]


def test_persons_are_listed_joined_and_undone(capsys, folder, home):
    table = folder / "data.csv"
    table.write_text(table.read_text().replace("P0", "007").replace("P1", "7"))
    options = ("--metadata", table, "--task", "kind", "--label-column", "kind")
    code, report, _ = run(capsys, "--home", home, "--json", "import", folder, *options)
    assert (code, report["patients"], report["persons"], report["person_questions"]) == (0, 6, 6, 1)
    code, listed, _ = run(capsys, "--home", home, "--json", "persons")
    (question,) = listed["questions"]
    assert (code, listed["persons"], question["images"]) == (0, 6, [2, 2])
    assert question["for"] == ["the patient IDs differ only in how they are written"]
    pair = question["first"], question["second"]
    code, listed, _ = run(capsys, "--home", home, "--json", "persons", "--join", *pair)
    assert (listed["persons"], listed["questions"], listed["joins"][0]["reason"]) == (5, [], "joined by a reader")
    assert [(one["decision"], one["reader"]) for one in listed["decisions"]] == [("one person", "tester")]
    code, listed, _ = run(capsys, "--home", home, "--json", "persons", "--undo", *pair)
    assert (listed["persons"], listed["decisions"]) == (6, [])
    code, answer, err = run(capsys, "--home", home, "--json", "persons", "--join", pair[0])
    sentence = f"A decision is about two patients or more, and {pair[0]} is one; give another."
    assert (code, answer["error"]) == (2, sentence)
    code, answer, err = run(capsys, "--home", home, "--json", "persons", "--apart", pair[0], "P-NOBODY")
    assert (code, answer["error"]) == (1, err.strip())
    assert "There is no patient P-NOBODY" in err
