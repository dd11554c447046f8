"""What Streamlit does at every start and this server has no use for. It is left out where it is found, else done."""

import atexit
import gc
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_loaded = {"modules": 0}


def patch_streamlit() -> None:
    """Before the app is made. Nothing here changes what a page shows."""
    with suppress(ImportError, AttributeError):
        from streamlit import delta_generator

        # It would look through every loaded module for a prompt that somebody may sit at.
        delta_generator._use_warning_has_been_displayed = True
    with suppress(ImportError, AttributeError):
        from streamlit.components.v2 import manifest_scanner

        # It would read about every installed package, for components that are none of ours.
        _leave_out(manifest_scanner, "scan_component_manifests")


def freeze_gc() -> None:
    """What was loaded since stays: after every run of a page Streamlit looks for rings among all other objects."""
    if not _loaded["modules"]:
        atexit.register(gc.unfreeze)  # libraries that look for what is left of theirs at the end find nothing
    if len(sys.modules) != _loaded["modules"]:
        _loaded["modules"] = len(sys.modules)
        gc.freeze()


def _leave_out(module: Any, name: str) -> None:
    nothing: Callable[..., list[Any]] = lambda *_args, **_more: []  # noqa: E731
    if hasattr(module, name):
        setattr(module, name, nothing)
