"""Show errors as one sentence on the page, also inside fragments that rerun on their own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from core.errors import UserError, describe_os_error


@contextmanager
def show_errors() -> Iterator[None]:
    """Show errors that a user can fix; all others propagate to the log of the server."""
    try:
        yield
    except UserError as error:
        st.error(str(error), icon=":material/error:")
    except OSError as error:
        st.error(describe_os_error(error), icon=":material/error:")


def auto_refresh(draw: Callable[..., None], *args: Any, every: str | None) -> None:
    """Draw a fragment now and, with `every` such as "2s", again at that interval."""

    def redraw() -> None:
        with show_errors():
            draw(*args)

    st.fragment(redraw, run_every=every)()
