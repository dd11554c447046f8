"""Check that what a page waits for is drawn while it is pending, and that the page is rerun once it is done."""

from streamlit.testing.v1 import AppTest


def polled(script):
    app = AppTest.from_function(script).run()
    assert not app.exception
    return [element.value for element in app.markdown]


def test_what_is_done_is_loaded_once_and_not_polled():
    def script():
        import streamlit as st

        from dashboard.parts.widgets import job_poll

        loads = st.session_state.setdefault("loads", [])
        job_poll.poll_until(lambda count: count >= 1, lambda: loads.append(1) or len(loads), st.write, every="1s")

    assert polled(script) == ["`1`"]


def test_a_page_is_rerun_once_what_it_waits_for_is_done():
    """The fragment runs twice, as the browser's timer would make it: pending, then done."""

    def script():
        import streamlit as st

        from dashboard.parts.widgets import errors, job_poll

        def twice(draw, *, every):
            st.session_state.setdefault("every", []).append(every)
            draw()
            if every:
                draw()

        saved, errors.auto_refresh = errors.auto_refresh, twice
        loads = st.session_state.setdefault("loads", [])
        try:
            job_poll.poll_until(lambda count: count >= 2, lambda: loads.append(1) or len(loads), st.write, every="1s")
        finally:
            errors.auto_refresh = saved

    app = AppTest.from_function(script).run()
    assert not app.exception
    assert app.session_state["every"] == ["1s", None]
    assert [element.value for element in app.markdown] == ["`3`"]


def test_a_page_is_rerun_where_the_job_ended_between_two_looks_at_it():
    """The page saw the job running; when its bar is drawn, a moment later, the job has ended."""

    def script():
        from types import SimpleNamespace

        import streamlit as st

        from dashboard.parts.widgets import job_poll

        ended = SimpleNamespace(id=1, state=SimpleNamespace(is_finished=True))
        saved, job_poll.look_again = job_poll.look_again, lambda _: ended
        try:
            if "seen" not in st.session_state:
                st.session_state["seen"] = True
                job_poll.progress(1, lambda job: (1.0, "done"), key="job")
            st.markdown("the result")
        finally:
            job_poll.look_again = saved

    assert polled(script) == ["the result"]
