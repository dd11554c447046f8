"""Draw what a link names that cannot be opened, and the ways on; the page itself is not drawn then."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import context
from dashboard.links import resolver
from dashboard.links.problem import Problem

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage


def opens(page: "StreamlitPage") -> bool:
    """Return whether the page can open the link; else draw one sentence for each part that it cannot."""
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    problems = resolver.problems(context.app_context(), page.url_path or "home", query) if query else []
    if not problems:
        return True
    st.title(page.title)
    sentences = dict.fromkeys(problem.sentence for problem in problems)
    st.warning(" ".join(sentences), icon=":material/link_off:")
    _ways_on(page, query, problems)
    return False


def _ways_on(page: "StreamlitPage", query: dict[str, list[str]], problems: Sequence[Problem]) -> None:
    """Draw the link without these parts, if it still names something, and the page on its own."""
    gone = {problem.field for problem in problems}
    rest = {name: values[-1] for name, values in query.items() if name not in gone}
    with st.container(horizontal=True):
        if rest and not gone & {"run", "task"}:  # the rest of a link is about these
            st.page_link(page, label="Open the link without this part", icon=":material/link:", query_params=rest)
        st.page_link(page, label=f"Open {page.title}", icon=":material/arrow_forward:")
