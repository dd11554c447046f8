"""The journeys use the browser's fixtures."""

from tests.browser.conftest import chromium, page, rounds, serve

__all__ = ["chromium", "page", "rounds", "serve"]
