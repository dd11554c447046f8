"""A number typed over the picture in a real browser: on the case that was painted, once, and never out of range."""

import pytest
from playwright.sync_api import expect

from core.services.annotation import annotations, tasks
from core.services.imports import import_files, import_request
from core.services.workspace import home
from core.settings import Settings
from db.vocabulary import TaskKind, Unit
from tests.browser.homes import imported, new_name
from tests.browser.servers import standing
from tests.browser.test_answers import keys, sent, status_text
from tests.browser.test_labelling import painted
from tests.core.services import films

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def ward(data_dir, tmp_path_factory):
    """A server on a home with real films of five patients."""
    folder = tmp_path_factory.mktemp("ages")
    with standing(imported(folder / "home", films.laid(folder / "films", data_dir, films.aged(data_dir, 5)))) as server:
        yield server


@pytest.fixture
def reading(ward, page):
    """Open a new task that asks for the age; gives the catalogue and the task's cases."""
    db = home.open_home(Settings.read(ward.home))
    options = {
        "kind": TaskKind.NUMBER,
        "measure": "years",
        "low": 0,
        "high": 120,
        "question": "How old is the patient?",
    }
    task = tasks.create(db, name=new_name(db), **options)
    page.goto(f"{ward.url}/label?task={task.id}")
    painted(page)
    yield db, annotations.queue(db, task_id=task.id)
    db.close()


def values(db, cases) -> list[float | None]:
    return [annotations.case(db, case.id).value for case in cases]


def field(page):
    return page.get_by_label("How old is the patient?")


def test_digits_a_point_and_enter_give_the_number_and_the_next_picture_comes(reading, page):
    db, cases = reading
    keys(page, "6", "1", ".", "5")
    expect(field(page)).to_have_value("61.5")
    expect(page.locator(".rv-now")).to_contain_text("61.5 years, not submitted")
    assert values(db, cases)[0] is None
    keys(page, "Enter", "7", "3", "Backspace", "0", "Enter")
    sent(page)
    assert values(db, cases)[:2] == [61.5, 70]
    expect(page.locator(".rv-title")).to_have_text(f"{tasks.get(db, cases[0].task_id).name} · 2 of 5")
    keys(page, "ArrowLeft", "ArrowLeft")
    expect(field(page)).to_have_value("61.5")
    expect(page.locator(".rv-tile[aria-current]")).to_have_attribute("title", f"{cases[0].patient}: 61.5 years, sent")
    expect(page.locator(".rv-value-span")).to_have_text("0 to 120 years")


def test_what_is_out_of_range_or_no_number_is_a_sentence_and_stays_on_the_page(reading, page):
    db, cases = reading
    keys(page, "Enter")
    expect(status_text(page)).to_have_text("No number yet: type it, then press Enter.")
    keys(page, "4", "1", "2", "Enter")
    expect(status_text(page)).to_have_text("412 years is not taken here: give 0 to 120 years.")
    keys(page, "u", "7", "Enter")
    sent(page)
    assert values(db, cases) == [7, None, None, None, None]
    field(page).fill("old")
    field(page).press("Enter")
    expect(status_text(page)).to_have_text('"old" is no number; write it like 61.5.')
    field(page).fill("33,5")
    field(page).press("Enter")
    sent(page)
    assert values(db, cases)[:2] == [7, 33.5]


def test_undo_takes_a_number_back_and_q_says_that_it_cannot_be_assessed(reading, page):
    db, cases = reading
    keys(page, "5", "0", "Enter", "5", "1", "Enter")
    sent(page)
    keys(page, "u", "u")
    sent(page)
    assert values(db, cases)[:2] == [None, None]
    keys(page, "q", "1")
    sent(page)
    case = annotations.case(db, cases[0].id)
    assert (case.answer, case.reason, case.value) == ("unassessable", "blur", None)
    keys(page, "ArrowLeft")
    expect(field(page)).to_have_value("")
    expect(page.locator(".rv-now")).to_contain_text("cannot be assessed: motion or blur")


def test_the_films_of_a_study_are_read_side_by_side_and_answered_once(tmp_path, data_dir, serve, page):
    settings = Settings.read(tmp_path / "home")
    db = home.open_home(settings)
    folder = films.laid(tmp_path / "films", data_dir, films.two_views(data_dir, 2))
    for _ in import_files.run(
        db, settings, import_request.ImportRequest(folder, metadata=folder / "data.csv"), by="tester"
    ):
        pass
    task = tasks.create(db, name="icu", classes=["ward", "icu"], unit=Unit.STUDY)
    page.goto(f"{serve(settings.home).url}/label?task={task.id}")
    keys(page, "x")
    expect(page.locator(".rv-pane")).to_have_count(2)
    facts = page.locator(".rv-pane").nth(1)
    expect(facts).to_contain_text("PA")
    expect(page.locator(".rv-pane").nth(0)).to_contain_text("AP")
    keys(page, "2", "1")
    sent(page)
    assert [case.label for case in annotations.queue(db, task_id=task.id)] == [1, 0]
    expect(page.locator(".rv-title")).to_have_text("icu · 2 of 2")
    db.close()
