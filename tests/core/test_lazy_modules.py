"""Modules that are imported at their first use: what the table names exists, and nothing else is taken."""

import subprocess
import sys

import pytest

from core.lazy_modules import MODULES, LazyModule, load


@pytest.mark.parametrize("name", sorted(MODULES))
def test_every_name_of_the_table_is_a_module(name: str) -> None:
    assert load(name).__name__ == name


@pytest.mark.parametrize("name", ["json", "core.settings", "core.training", "core.training.loops", ""])
def test_no_other_name_is_accepted(name: str) -> None:
    for late in (load, LazyModule):
        with pytest.raises(ImportError, match=f"'{name}' is not a module for late import; add it to MODULES"):
            late(name)


def test_the_module_is_imported_at_its_first_use_alone() -> None:
    code = (
        "import sys\n"
        "from core.lazy_modules import LazyModule\n"
        "inference = LazyModule('core.inference')\n"
        "assert 'core.inference' not in sys.modules\n"
        "predict = inference.predict\n"
        "assert predict is sys.modules['core.inference'].predict\n"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_name_that_the_module_lacks_is_named() -> None:
    with pytest.raises(AttributeError, match=r"module 'core\.inference' has no attribute 'score_all'"):
        _ = LazyModule("core.inference").score_all
