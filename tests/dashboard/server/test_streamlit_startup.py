"""What is loaded and done before the first page is seen: little, and what is left out is still there to be left out."""

import subprocess
import sys
from importlib import import_module

from dashboard.server import streamlit_startup

HEAVY = ("PIL.Image", "alembic", "nibabel", "numpy", "pandas", "pydicom", "scipy", "sklearn", "torch")
FIRST = (
    "dashboard.server.app_server",
    "dashboard.navigation",
    "dashboard.parts.widgets.errors",
    "dashboard.parts.home.tour",
    "dashboard.formatting",
    "core.services.workspace.home",
    "core.services.images.images",
    "core.jobs.job_queue",
    "core.services.annotation.annotations",
    "core.services.training.runs",
    "core.services.annotation.tasks",
)


def test_the_first_page_needs_nothing_heavy():
    code = f"import sys, {', '.join(FIRST)}; sys.exit(' '.join(one for one in {HEAVY} if one in sys.modules) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_what_is_left_out_is_where_it_was(monkeypatch):
    scanner = import_module("streamlit.components.v2.manifest_scanner")
    generator = import_module("streamlit.delta_generator")
    monkeypatch.setattr(scanner, "scan_component_manifests", scanner.scan_component_manifests)
    monkeypatch.setattr(generator, "_use_warning_has_been_displayed", False)
    streamlit_startup.patch_streamlit()
    assert scanner.scan_component_manifests() == []
    assert generator._use_warning_has_been_displayed is True


def test_a_streamlit_without_it_starts_all_the_same(monkeypatch):
    scanner = import_module("streamlit.components.v2.manifest_scanner")
    monkeypatch.delattr(scanner, "scan_component_manifests")
    streamlit_startup.patch_streamlit()
    assert not hasattr(scanner, "scan_component_manifests")


def test_what_was_loaded_since_stays_and_nothing_else(monkeypatch):
    calls = []
    monkeypatch.setattr(streamlit_startup, "_loaded", {"modules": 0})
    monkeypatch.setattr(streamlit_startup.gc, "freeze", lambda: calls.append(len(sys.modules)))
    monkeypatch.setattr(streamlit_startup.atexit, "register", calls.append)
    streamlit_startup.freeze_gc()
    streamlit_startup.freeze_gc()  # a page whose modules are all there is let go as it was
    monkeypatch.setitem(sys.modules, "a_module_of_a_page", streamlit_startup)
    streamlit_startup.freeze_gc()
    first, *counted = calls
    assert first is streamlit_startup.gc.unfreeze
    assert counted == [len(sys.modules) - 1, len(sys.modules)]
