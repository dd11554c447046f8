"""Every page opens, on an empty home and on one with images, and says what to do next."""

import shutil
from datetime import date

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from core.jobs import job_queue
from core.services.annotation import tasks
from core.services.imports import import_request
from core.services.workspace import home as workspace_home
from core.settings import Settings
from dashboard import reader
from dashboard.context import build_context
from dashboard.navigation import PAGES
from db.tables import Fact, Image

NEXT = {
    "home": "No images yet",
    "import": "",
    "images": "No images yet",
    "label": "A task asks one question",
    "datasets": "No labelling tasks yet",
    "train": "No frozen dataset yet",
    "runs": "No models trained yet",
    "review": "Nothing to review yet",
    "compare": "needs two runs with predictions",
    "case": "Open a case from the list on the Review page",
    "people": "No images yet",
    "settings": "Home folder of this workspace",
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ROUNDS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(reader, "session_id", lambda: "a browser")  # AppTest has no cookies
    yield Settings.read()
    build_context(Settings.read(), 8501).db.close()


@pytest.fixture
def filled(home, labelled_pictures):
    """A home with 24 pictures, labelled in task 'finding'."""
    shutil.copytree(labelled_pictures, home.home)
    return home


def opened(name, **query):
    app = AppTest.from_file("../../dashboard/app.py", default_timeout=30)
    for key, value in query.items():
        app.query_params[key] = value
    if name != "home":
        app.switch_page(f"views/{name}.py")
    app.run()
    assert not app.exception, [one.message for one in app.exception]
    return app


def on_test(name, **query):
    """A page on the test split, opened by its button where this reader has not done so yet."""
    app = opened(name, split="test", **query)
    gate = [one for one in app.button if one.key == "open_test"]
    return gate[0].click().run() if gate else app


def text_of(app):
    shown = [*app.markdown, *app.title, *app.caption, *app.error, *app.info, *app.warning]
    return "\n".join(one.value for one in shown)


@pytest.mark.parametrize("name", list(NEXT))
def test_an_empty_page_says_what_belongs_here(home, name):
    assert NEXT[name] in text_of(opened(name))


@pytest.mark.parametrize("name", [name for name, _, _ in PAGES if name != "case"])
def test_a_page_opens_on_images(filled, name):
    assert not opened(name).error


def test_a_case_of_no_run_is_one_sentence(home):
    assert [one.value for one in opened("case", run="7").warning] == [
        "There is no run 7 in this home: it was deleted, or the link is from another home."
    ]


def test_garbage_in_the_url_is_named(filled):
    app = opened("images", image="x", after="<script>")
    assert [one.value for one in app.warning] == [
        "There is no image 'x' in this home: it was deleted, or the link is from another home. "
        r"In this link after is '\<script\>', but it must be a whole number of up to 18 digits."
    ]


@pytest.fixture
def metadata(filled):
    """The same with metadata whose columns are named like other filters of the Images page."""
    db = workspace_home.open_home(filled)
    with db.transaction() as session:
        for number, image_id in enumerate(session.scalars(select(Image.id).order_by(Image.id))):
            for name in ("task", "answer", "excluded", "site & ward"):
                session.add(Fact(image_id=image_id, name=name, value=("north=1", "south")[number % 2]))
    db.close()


def test_metadata_columns_named_like_other_filters_are_filters(metadata):
    app = opened("images")
    for column in ("task", "answer", "excluded"):
        app.selectbox(key=f"filter_fact_{column}").select("south").run()
    assert not app.exception
    assert "12 images" in text_of(app)
    app.selectbox(key="filter_fact_task").select("north=1").run()
    assert "0 images" in text_of(app)


@pytest.mark.parametrize(
    ("key", "choose", "count"),
    [
        ("filter_fact_site & ward", lambda app: app.selectbox(key="filter_fact_site & ward").select("north=1"), 12),
        ("filter_task", lambda app: app.selectbox(key="filter_task").select_index(0), 24),
        ("filter_excluded", lambda app: app.toggle(key="filter_excluded").set_value(True), 0),
    ],
)
def test_a_changed_filter_shows_the_first_page_and_stands_in_the_url(metadata, key, choose, count):
    app = opened("images", after="20", image="3")
    assert "First" in [button.label for button in app.button]
    choose(app).run()
    assert not app.exception
    assert f"{count} images" in text_of(app)
    assert "First" not in [button.label for button in app.button]
    query = dict(app.query_params)
    assert query["image"] == "3"
    assert "after" not in query
    shared = opened("images", **query)  # a link, or the way back to the page
    assert f"{count} images" in text_of(shared)
    app.query_params.clear()
    assert "24 images" in text_of(app.run())


def test_numbers_and_dates_are_filters_with_ranges(filled):
    db = workspace_home.open_home(filled)
    with db.transaction() as session:
        for number, image_id in enumerate(session.scalars(select(Image.id).order_by(Image.id))):
            for name, value in (("age", f"{40 + number}"), ("day", f"2020-05-{number + 1:02}"), ("id", f"x{number}")):
                session.add(Fact(image_id=image_id, name=name, value=value))
    db.close()
    app = opened("images")
    assert [one.label for one in app.number_input] == ["Age from", "Age to"]
    app.number_input(key="filter_range_age_from").set_value(60).run()
    assert "4 images" in text_of(app)
    app.date_input(key="filter_range_day_to").set_value(date(2020, 5, 22)).run()
    assert not app.exception
    assert "2 images" in text_of(app)
    assert "2 images" in text_of(opened("images", **dict(app.query_params)))
    assert "weight from '1' to ''" in opened("images", ranges="weight=1..").warning[0].value


def test_a_filter_by_class_follows_its_task(filled):
    app = opened("images", task="1", answer="b")
    assert "12 images" in text_of(app)
    assert app.selectbox(key="filter_answer").value == "b"
    app.selectbox(key="filter_task").set_value(None).run()
    assert not {"task", "answer"} & set(app.query_params)
    assert "24 images" in text_of(app)


def test_filters_of_another_home_are_ignored(filled):
    assert "24 images" in text_of(opened("images", task="77", answer="x", facts="nothing=here&=="))


def test_datasets_freezes_once_and_says_why_not_twice(filled):
    app = opened("datasets")
    assert "No patient is in more than one split." in app.success[0].value
    app.text_input(key="snapshot_name").input("round 1")
    app.button[0].click().run()
    assert not app.exception
    again = opened("datasets")
    again.text_input(key="snapshot_name").input("round 1")
    again.button[0].click().run()
    assert "already a snapshot 'round 1'" in again.error[0].value


def test_datasets_says_before_freeze_what_a_given_split_shares(filled):
    db = workspace_home.open_home(filled)
    with db.transaction() as session:
        ids = session.scalars(select(Image.id).order_by(Image.patient_id, Image.id)).all()
        session.add_all(Fact(image_id=one, name="split", value=("train", "test")[at % 2]) for at, one in enumerate(ids))
    db.close()
    app = opened("datasets")
    assert app.selectbox(key="recipe_split").value == "split"
    assert app.warning[0].value.startswith("In more than one split: 12 patients, 12 persons. The split column stays as")
    assert "(train and test) and 7 more." in text_of(app)
    app.text_input(key="snapshot_name").input("given")
    app.button[0].click().run()
    assert not app.exception


def test_a_task_without_labels_cannot_be_frozen_and_says_so(filled):
    db = workspace_home.open_home(filled)
    task = tasks.create(db, name="new", classes=["no", "yes"])
    db.close()
    assert "label at least two classes" in opened("datasets", task=str(task.id)).info[0].value


def test_a_folder_that_is_not_there_ends_in_a_sentence_on_the_page(home, tmp_path):
    db = workspace_home.open_home(home)

    class Nobody:
        def wake(self):
            pass

    request = import_request.ImportRequest(tmp_path / "nowhere", dry_run=True)
    job = import_request.submit(db, home, request, by="tester", key="k" * 8, launcher=Nobody())
    job_queue.claim(db, job)
    from core.worker.runner import run_job

    run_job(db, home, job, attempt=1, device="cpu")
    db.close()
    assert "does not exist" in opened("import", job=str(job)).warning[0].value


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ({"facts": "split=nowhere&of=*home*", "task": "99"}, r"split 'nowhere', of '\*home\*', task 99"),
        ({"answer": "b"}, "label 'b'"),
        ({"facts": "task=south"}, ""),
    ],
)
def test_filters_of_a_link_that_do_not_exist_here_are_named(metadata, url, names):
    warnings = [one.value for one in opened("images", **url).warning]
    expected = f"This link has filters that do not exist here: {names}. They are not applied."
    assert len(warnings) == bool(names)
    assert all(text.startswith(expected) for text in warnings)
