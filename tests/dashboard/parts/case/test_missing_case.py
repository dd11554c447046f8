"""A link to a case that its list does not hold says why, and opens the case alone or the list."""

from core.services.evaluation import reviews
from core.services.predictions import predictions
from db.vocabulary import Verdict
from tests.core.services.predicted import draw
from tests.dashboard.test_pages import home, opened, text_of
from tests.dashboard.test_review_page import db, empty

__all__ = ["db", "empty", "home"]


def test_a_case_outside_its_list_says_why_and_who_relabelled_it(db):
    drawn = draw(db, patients=12)
    rows = predictions.list_predictions(db, drawn.run, split="val")
    row = next(row for row in rows if row.label == row.predicted_class == 1)
    link = {"run": str(drawn.run), "split": "val", "truth": "1", "called": "0", "case": str(row.case_id)}
    expected = (
        rf"Case {row.case_id} is not in this list\: reference Ill, predicted Well (false negatives at 0.5). "
        f"Its reference label is Ill, and run {drawn.run} predicts Ill."
    )
    app = opened("case", **link)
    assert [one.value.strip() for one in app.warning] == [expected]
    assert [one.proto.label for one in app.get("page_link")] == ["Show it alone", "Show the list"]
    assert app.get("page_link")[0].proto.query_string == f"run={drawn.run}&split=val&case={row.case_id}"
    reviews.judge(db, row.id, verdict=Verdict.RELABELLED, by="ann", key="k", label=0, note="seen again")
    assert "It was relabelled by ann just now." in opened("case", **link).warning[0].value
    empty = opened("case", run=str(drawn.run), split="val", group="site=nowhere")
    assert r"No cases match this selection\: site nowhere." in text_of(empty)
