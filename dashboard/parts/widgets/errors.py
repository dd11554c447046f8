"""What fails on a page is one sentence on it, also where a part draws itself again without its page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from core.errors import UserError, describe_os_error


@contextmanager
def show_errors() -> Iterator[None]:
    """Show what a person can mend; the rest is the server's log's."""
    try:
        yield
    except UserError as error:
        st.error(str(error), icon=":material/error:")
    except OSError as error:
        st.error(describe_os_error(error), icon=":material/error:")


def auto_refresh(draw: Callable[..., None], *what: Any, every: str | None) -> None:
    """Draw a part now and every so often, by itself."""

    def drawn() -> None:
        with show_errors():
            draw(*what)

    st.fragment(drawn, run_every=every)()
