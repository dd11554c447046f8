"""The section Groups where little can be told: what is left out, and why no figure is shown."""

from sqlalchemy import text

from core.services.evaluation import operating_points
from tests.core.services.predicted import draw
from tests.dashboard import test_pages
from tests.dashboard.test_pages import home, on_test
from tests.dashboard.test_review_page import db, empty

__all__ = ["db", "empty", "home"]


def text_of(app) -> str:
    """As it is read: without the strokes that keep a sign from being Markdown."""
    return test_pages.text_of(app).replace("\\", "")


def test_with_one_class_sites_are_groups_and_auroc_is_said_to_be_undefined(db):
    drawn = draw(db)
    with db.transaction() as session:
        session.execute(text("UPDATE snapshot_case SET label = 1, targets = '[1]' WHERE split = 'test'"))
    app = on_test("review", run=str(drawn.run), section="groups")
    assert "These cases have no metadata" not in text_of(app)
    assert "No subgroup could be tested." in text_of(app)
    assert "Undefined: every case is Ill." in text_of(app)
    app.selectbox(key="groups_figure").set_value("sensitivity").run()
    assert not app.exception
    assert "Sensitivity by subgroup, worst first" in text_of(app)
    assert "Undefined" not in text_of(app)


def test_where_no_fact_groups_cases_it_is_said_what_was_left_out_and_why(db):
    drawn = draw(db)
    with db.transaction() as session:
        session.execute(text("DELETE FROM fact WHERE name != 'row'"))
    app = on_test("review", run=str(drawn.run), section="groups")
    assert "These cases have no metadata to form subgroups" in "".join(one.value for one in app.info)
    assert "Not used: image size: every case has the same value (64×48); row: it has 60 values" in text_of(app)


def test_of_patients_it_is_said_what_a_fact_is_that_differs_within_them(db):
    drawn = draw(db)
    note = "if they differ, the patient is in the group 'several in one patient'."
    assert note not in text_of(on_test("review", run=str(drawn.run), section="groups"))
    operating_points.set_operating_point(db, drawn.run, threshold=0.5, level="patient", patient_rule="max", by="ann")
    assert note in text_of(on_test("review", run=str(drawn.run), section="groups"))
