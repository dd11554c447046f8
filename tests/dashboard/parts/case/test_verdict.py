"""A verdict beside a case: a relabelling waits for its reason."""

from streamlit.testing.v1 import AppTest

from core.services.annotation import case_history
from tests.core.services.predicted import draw
from tests.dashboard.test_pages import home
from tests.dashboard.test_review_page import db, empty

__all__ = ["db", "empty", "home"]


def drawn(run: int, case: int) -> AppTest:
    """The part alone on a page."""

    def script(run, case):
        from core.services.predictions import predictions
        from core.services.training import runs
        from dashboard.context import app_context
        from dashboard.parts.case import verdict
        from dashboard.url_state import CaseState

        (row,) = predictions.predictions_of_cases(app_context().db, run, [case])
        verdict.show(runs.get(app_context().db, run), row, CaseState(run=run, case=case))

    return AppTest.from_function(script, args=(run, case), default_timeout=60).run()


def test_relabel_waits_for_an_answer_and_its_reason(db):
    made = draw(db)
    app = drawn(made.run, made.cases[0])
    answer = next(one for one in app.selectbox if one.label == "Correct label")
    app = answer.select_index(0).run()
    assert app.button(key="relabel").disabled
    app = app.text_input[0].input("seen on the later film").run()
    assert not app.button(key="relabel").disabled
    app.button(key="relabel").click().run()
    assert not app.exception
    (line,) = case_history.verdicts(db, made.cases[0])
    assert (line.text, line.note) == ("relabelled", "seen on the later film")
