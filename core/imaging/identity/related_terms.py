"""Know medical terms of other languages by their likeness to known ones: periostio, Peritoneum, peritoneo."""

import re
from bisect import bisect
from collections.abc import Iterable, Sequence
from itertools import takewhile

SHARED = 7  # first letters that two terms have in common, in one spelling of all languages
LEFT, LEFT_OF_KNOWN = 3, 4  # letters after these: endings
SPELLINGS = (
    *(("ph", "f"), ("th", "t"), ("rh", "r"), ("sch", "s"), ("ch", "c"), ("qu", "c"), ("ck", "c"), ("k", "c")),
    *(("z", "c"), ("y", "i"), ("j", "i"), ("ae", "e"), ("oe", "e"), ("x", "s"), ("w", "v")),
)


def spelt_alike(word: str) -> str:
    """Return a folded word in one spelling of all languages, no letter twice.

    >>> spelt_alike("nephrectomy"), spelt_alike("nefrektomie")
    ('nefrectomi', 'nefrectomie')
    """
    for several, single in SPELLINGS:
        word = word.replace(several, single)
    return re.sub(r"(.)\1+", r"\1", word)


def related_terms(words: Iterable[str]) -> Sequence[str]:
    """Return words in an order in which `is_like` finds them."""
    return sorted({spelt_alike(word) for word in words if len(word) >= SHARED})


def is_like(word: str, terms: Sequence[str]) -> bool:
    """Return whether a word has the beginning of a term, and only an ending beside it."""
    alike = spelt_alike(word)
    at = bisect(terms, alike)
    for term in terms[max(at - 1, 0) : at + 1]:
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(alike, term, strict=False)))
        if shared >= SHARED and len(alike) - shared <= LEFT and len(term) - shared <= LEFT_OF_KNOWN:
            return True
    return False
