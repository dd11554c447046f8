"""Skip work that Streamlit does at every start and that this server does not need."""

import atexit
import gc
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_loaded = {"modules": 0}


def patch_streamlit() -> None:
    """Patch Streamlit before the app is created; nothing here changes a page."""
    with suppress(ImportError, AttributeError):
        from streamlit import delta_generator

        # It would search all loaded modules for an interactive prompt.
        delta_generator._use_warning_has_been_displayed = True
    with suppress(ImportError, AttributeError):
        from streamlit.components.v2 import manifest_scanner

        # It would read the metadata of every installed package to find custom components.
        _disable(manifest_scanner, "scan_component_manifests")


def freeze_gc() -> None:
    """Exclude what is loaded from garbage collection: Streamlit collects after every run of a page."""
    if not _loaded["modules"]:
        atexit.register(gc.unfreeze)  # for libraries that check at exit for objects that were not collected
    if len(sys.modules) != _loaded["modules"]:
        _loaded["modules"] = len(sys.modules)
        gc.freeze()


def _disable(module: Any, name: str) -> None:
    nothing: Callable[..., list[Any]] = lambda *_args, **_more: []  # noqa: E731
    if hasattr(module, name):
        setattr(module, name, nothing)
