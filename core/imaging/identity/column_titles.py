"""Know by its title what a column of a table says of a person, in seven languages and any spelling."""

import re
from collections.abc import Iterator
from pathlib import Path

from core.imaging.identity.word_lists import folded, word_lists

TABLE = Path(__file__).with_suffix(".txt")
WHATS = (
    "a name",
    "a person",
    "a date of birth",
    "an address",
    "a phone number",
    "an e-mail address",
    "a number of a person",
)
LONG = 8  # letters of a word that counts within others


def reason_of_title(title: str) -> str | None:
    """Return what a title says of a person, None if nothing.

    >>> reason_of_title("PatientName"), reason_of_title("Geb.-Datum"), reason_of_title("view_name")
    ('a name, by its title', 'a date of birth, by its title', None)
    """
    what = _by_part(re.sub(r"[\W_]", "", folded(title)))
    what = what or next(filter(None, (_by_words(_words(form)) for form in _spellings(title))), None)
    return f"{what}, by its title" if what else None


def _by_part(compact: str) -> str | None:
    lists = word_lists(TABLE)
    if any(word in compact for word in lists["files"]):
        return None
    return next((what for what in WHATS if any(part in compact for part in lists[f"{what}, in part"])), None)


def _by_words(words: list[str]) -> str | None:
    lists, compact = word_lists(TABLE), "".join(words)
    has_name = not lists["names"].isdisjoint(words)
    if not has_name and not lists["no person"].isdisjoint(words):
        return None  # "age at birth", "patient's sex"
    together = {"".join(words[at : at + size]) for size in (1, 2, 3) for at in range(len(words))}
    for what in WHATS:
        if _has(lists[what], together, compact) or compact in lists.get(f"{what}, alone", ()):
            return what
    if has_name and not (lists["patients"] | lists["relations"]).isdisjoint(words):
        return WHATS[0]
    return None if lists["numbers"].isdisjoint(words) or lists["patients"].isdisjoint(words) else WHATS[-1]


def _has(known: frozenset[str], together: set[str], compact: str) -> bool:
    """Return whether a title has a word, or a long one without blanks around it."""
    return not together.isdisjoint(known) or any(word in compact for word in known if len(word) >= LONG)


def _spellings(title: str) -> Iterator[str]:
    """Yield a title with an umlaut as its vowel, and with e, its parts set apart."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", title.strip())
    yield folded(apart)
    yield folded(re.sub("[äöüÄÖÜ]", lambda match: f"{match[0]}e", apart))


def _words(title: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", title) if word and word not in word_lists(TABLE)["articles"]]
