"""Draw what a link names that cannot be opened, and the ways on; the page itself is not drawn then."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import context, navigation, page_title
from dashboard.links import resolver
from dashboard.links.problem import Problem, quoted
from dashboard.url_state import State

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage


def opens(page: "StreamlitPage", unknown: str) -> bool:
    """Return whether the page can open the link; else draw one sentence for each part that it cannot.

    `unknown` is the address of the link if there is no such page; `page` is the first one then.
    """
    name = page.url_path or "home"
    query = {field: st.query_params.get_all(field) for field in st.query_params}
    if unknown:
        _gone("Page not found", f"There is no page {quoted(unknown)} in Rounds.")
        st.page_link(page, label="Open Home", icon=":material/home:")
        return False
    problems = resolver.problems(context.app_context(), name, query) if query else []
    if problems:
        _gone(page.title, " ".join(dict.fromkeys(problem.sentence for problem in problems)))
        _ways_on(page, query, problems)
        return False
    state = resolver.STATES.get(name, State).from_url()
    page_title.show(page.title, {field: getattr(state, field) for field in state.subject})
    return True


def _gone(title: str, sentences: str) -> None:
    page_title.show(title, {})
    st.title(title)
    st.warning(sentences, icon=":material/link_off:")


def _ways_on(page: "StreamlitPage", query: dict[str, list[str]], problems: Sequence[Problem]) -> None:
    """Draw the link without these parts, if it still names something, and the page on its own."""
    gone = {problem.field for problem in problems}
    rest = {name: values[-1] for name, values in query.items() if name not in gone}
    with st.container(horizontal=True):
        if rest and not gone & {"run", "task"}:  # the rest of a link is about these
            st.page_link(page, label="Open the link without this part", icon=":material/link:", query_params=rest)
        st.page_link(page, label=f"Open {page.title}", icon=":material/arrow_forward:")


def unknown_address() -> str:
    """Return the address of a page that there is not, "" for one that there is; call it before `st.navigation`.

    Streamlit would show the first page instead, under a dialog that no link can be reached behind.
    """
    run = get_script_run_ctx()
    address = run.pages_manager.intended_page_name if run else ""
    if run is None or not address or address in [name for name, _, _ in navigation.PAGES[1:]]:
        return ""
    run.pages_manager.set_script_intent("", "")
    return "" if address == "home" else address
