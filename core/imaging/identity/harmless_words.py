"""Know the words of file names that name nobody: views, sides, body parts, modalities, findings, splits, endings."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from core.imaging.identity.related_terms import is_like, related_terms
from core.imaging.identity.word_lists import folded, word_lists

TABLE, MEDICAL, ENGLISH = (Path(__file__).with_name(f"{name}_words.txt") for name in ("harmless", "medical", "english"))
SIGNS = "\u1100-\u11ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
EAST_ASIAN = re.compile(f"[{SIGNS}]")
SHORTEST = 4  # letters of a word that may have an accent, an ending, or another word joined to it
ENDINGS = ("s", "es", "ed", "ing")
TERM = 8  # letters of a medical or technical term that its ending tells from a name
PART = 3  # letters of a part of a German or Dutch word
LINKS = ("", "s", "n", "en", "er", "e")  # between such parts
ABBREVIATION = re.compile("[b-df-hj-np-tv-xz]{3,6}")  # without a vowel: hardly a name
LONGEST = 6  # signs of an East Asian word in the table


@cache
def _list(title: str) -> frozenset[str]:
    return frozenset[str]().union(*(word_lists(table).get(title, ()) for table in (TABLE, MEDICAL, ENGLISH)))


@cache
def _forms(title: str) -> tuple[str, ...]:
    return tuple(_list(title))


@cache
def is_harmless(word: str) -> bool:
    """Return whether a word of a file name names nobody; single letters do not, East Asian ones may.

    >>> [is_harmless(word) for word in ("chest", "PA", "x", "Mueller")]
    [True, True, True, False]
    """
    plain = folded(word)
    if len(plain) == 1 and not EAST_ASIAN.match(plain):
        return True
    if is_ambiguous(word) or plain in _list("names") or _is_short_with_accent(word, plain):
        return False
    if plain in (_list("") if word.isascii() else _foreign()) or _is_term(plain) or _is_joined(plain):
        return True
    return word.isascii() and (_is_derived(plain) or _is_compound(plain))


@cache
def is_ambiguous(word: str) -> bool:
    """Return whether a word is harmless unless it stands beside what looks like a name.

    So are words that are names too (Brown), abbreviations without a vowel, and words like terms of another language.
    """
    plain = folded(word)
    if _is_short_with_accent(word, plain):
        return False
    if plain in _list("ambiguous") or is_given_name(plain):
        return True
    if plain in _list("") or plain in _list("names"):
        return False
    return bool(ABBREVIATION.fullmatch(plain)) or is_like(plain, _terms())


def _is_short_with_accent(word: str, plain: str) -> bool:
    """Return whether an accent makes a short word another one."""
    return plain.isascii() and not word.isascii() and len(plain) < SHORTEST


@cache
def _terms() -> Sequence[str]:
    return related_terms(_foreign())


def is_given_name(word: str) -> bool:
    """Return whether an ambiguous word makes a name of another one beside it: Max Brown."""
    return folded(word) in _list("given")


@cache
def _foreign() -> frozenset[str]:
    return word_lists(TABLE)[""] | word_lists(MEDICAL)[""]  # an accent makes an English word none


def _is_term(plain: str) -> bool:
    return len(plain) >= TERM and plain.endswith(_forms("endings"))


def _is_known(plain: str) -> bool:
    return len(plain) >= SHORTEST and plain in _list("") and plain not in _list("ambiguous")


def _is_derived(plain: str) -> bool:
    """Return whether a word is a known one with an ending, a beginning or both: unlisted."""
    stems = list(_stems(plain))
    return any(map(_is_known, [*stems, *(inner for stem in stems for inner in _stems(stem))]))


def _stems(plain: str) -> Iterator[str]:
    yield from (plain.removesuffix(ending) for ending in ENDINGS if plain.endswith(ending))
    yield from (plain.removeprefix(beginning) for beginning in _forms("beginnings") if plain.startswith(beginning))


def _is_compound(plain: str) -> bool:
    return any(_is_english(plain[:at]) and _is_english(plain[at:]) for at in range(SHORTEST, len(plain) - SHORTEST + 1))


def _is_english(plain: str) -> bool:
    return plain in word_lists(TABLE)[""] or plain in word_lists(ENGLISH)[""]


def _is_joined(plain: str) -> bool:
    """Return whether a word is two or more parts of German or Dutch ones: Lungenentzündung."""
    return any(
        plain[:at].endswith(link) and plain[: at - len(link)] in _list("parts") and _is_part(plain[at:])
        for at in range(PART, len(plain) - PART + 1)
        for link in LINKS
    )


def _is_part(plain: str) -> bool:
    return plain in _list("parts") or _is_term(plain) or _is_joined(plain)


def unknown_signs(text: str) -> list[tuple[int, int]]:
    """Return what is left of a text in an East Asian script without its harmless words, as (start, end).

    A single sign beside harmless words may continue a name, so that the whole text is returned.
    """
    left, at = list[tuple[int, int]](), 0
    while at < len(text):
        end = next((at + size for size in range(LONGEST, 0, -1) if _is_word(text[at : at + size], size)), at)
        if end == at:
            left = [*left[:-1], (left[-1][0], at + 1)] if left and left[-1][1] == at else [*left, (at, at + 1)]
        at = max(end, at + 1)
    if any(end - start == 1 for start, end in left):
        return [(0, len(text))]
    return [(0, end) if start == 1 else (start, end) for start, end in left]  # a first sign belongs to its name


def _is_word(text: str, size: int) -> bool:
    return len(text) == size and folded(text) in _list("")
