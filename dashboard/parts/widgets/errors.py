"""What fails on a page is one sentence on it, also where a part draws itself again without its page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from core.errors import UserError, refusal


@contextmanager
def as_sentence() -> Iterator[None]:
    """Show what a person can mend; the rest is the server's log's."""
    try:
        yield
    except UserError as error:
        st.error(str(error), icon=":material/error:")
    except OSError as error:
        st.error(refusal(error), icon=":material/error:")


def again(draw: Callable[..., None], *what: Any, every: str | None) -> None:
    """Draw a part now and every so often, by itself."""

    def drawn() -> None:
        with as_sentence():
            draw(*what)

    st.fragment(drawn, run_every=every)()
