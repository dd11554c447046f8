"""Examples in docstrings of pure functions are true."""

import doctest
import importlib
import pkgutil

import pytest

import core.curation
import core.evaluation

PURE = [
    name
    for package in (core.evaluation, core.curation)
    for _, name, _ in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
]


@pytest.mark.parametrize("name", PURE)
def test_examples_are_true(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    modules = [importlib.import_module(name) for name in PURE]
    assert sum(bool(test.examples) for module in modules for test in finder.find(module)) >= 12
