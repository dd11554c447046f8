"""Read lists of words: lines of text, each list below its title in brackets, with comments behind a #."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LETTERS = str.maketrans("łøđðı", "loddi") | {ord("æ"): "ae", ord("œ"): "oe", ord("þ"): "th"}  # no accent apart


def folded(word: str) -> str:
    """Return a word without case, width and accents.

    >>> folded("\N{LATIN CAPITAL LETTER U WITH DIAERESIS}bersicht"), folded("Thorax")
    ('ubersicht', 'thorax')
    """
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", word).casefold()
    return unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", plain).translate(LETTERS))


@cache
def word_lists(path: Path) -> Mapping[str, frozenset[str]]:
    """Return the folded words of each list of a file, by its title; those before the first one have the title ""."""
    text = re.sub("(?m)^#.*$", "", path.read_text(encoding="utf-8"))
    first, *others = re.split(r"(?m)^\[(.*)\]$", text)
    lists = {"": first, **dict(zip(others[::2], others[1::2], strict=True))}
    return {title: frozenset(map(folded, words.split())) for title, words in lists.items()}
