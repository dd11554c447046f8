"""Know the words of file names that name nobody: views, sides, body parts, modalities, findings, splits, endings."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from core.imaging.identity.word_lists import folded, word_lists

TABLE, ENGLISH = (Path(__file__).with_name(f"{name}_words.txt") for name in ("harmless", "english"))
SIGNS = "\u1100-\u11ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
EAST_ASIAN = re.compile(f"[{SIGNS}]")
SHORTEST = 4  # letters of a word that may have an accent, an ending, or another word joined to it
ENDINGS = ("s", "es", "ed", "ing")
TERM = 8  # letters of a medical or technical term that its ending tells from a name
OF_TERMS = (
    *("osis", "noma", "ectomy", "otomy", "ostomy", "graphy", "graphic", "grams", "scopy", "scopic", "pathy"),
    *(
        "pathic",
        "emia",
        "plasia",
        "megaly",
        "trophy",
        "logy",
        "logic",
        "logical",
        "metry",
        "metric",
        "ectasis",
        "rrhage",
    ),
    *(
        "ation",
        "ations",
        "ction",
        "ctions",
        "ission",
        "usion",
        "rsion",
        "ality",
        "ability",
        "icular",
        "enous",
        "ography",
    ),
    *("cardial", "vascular", "thoracic", "pulmonary", "cranial", "spinal", "thorax", "therapy", "genic", "lateral"),
)
BEGINNINGS = (
    *("pre", "post", "peri", "para", "sub", "supra", "infra", "inter", "intra", "retro", "trans", "un", "non", "semi"),
)
LONGEST = 6  # signs of an East Asian word in the table


@cache
def _harmless() -> frozenset[str]:
    return word_lists(TABLE)[""] | word_lists(ENGLISH)[""]


def is_harmless(word: str) -> bool:
    """Return whether a word of a file name names nobody; single letters do not, East Asian ones may.

    >>> [is_harmless(word) for word in ("chest", "PA", "x", "Mueller")]
    [True, True, True, False]
    """
    plain = folded(word)
    if len(plain) == 1 and not EAST_ASIAN.match(plain):
        return True
    if not word.isascii():  # an accent makes a short word another one, and an English word none
        return plain in word_lists(TABLE)[""] and (len(plain) >= SHORTEST or not plain.isascii())
    if plain in word_lists(ENGLISH).get("names", ()):
        return False
    known = plain in _harmless() or _is_derived(plain) or _is_compound(plain)
    return known or (len(plain) >= TERM and plain.endswith(OF_TERMS))


def is_ambiguous(word: str) -> bool:
    """Return whether a word is a harmless one that is a name too, such as Brown."""
    return folded(word) in word_lists(TABLE)["ambiguous"] or is_given_name(word)


def is_given_name(word: str) -> bool:
    """Return whether an ambiguous word makes a name of another one beside it: Max Brown."""
    return folded(word) in word_lists(TABLE)["given"]


def _is_known(plain: str) -> bool:
    return len(plain) >= SHORTEST and plain in _harmless()


def _is_derived(plain: str) -> bool:
    """Return whether a word is a known one with an ending, a beginning or both: unlisted."""
    stems = list(_stems(plain))
    return any(map(_is_known, [*stems, *(inner for stem in stems for inner in _stems(stem))]))


def _stems(plain: str) -> Iterator[str]:
    yield from (plain.removesuffix(ending) for ending in ENDINGS if plain.endswith(ending))
    yield from (plain.removeprefix(beginning) for beginning in BEGINNINGS if plain.startswith(beginning))


def _is_compound(plain: str) -> bool:
    return any(_is_known(plain[:at]) and _is_known(plain[at:]) for at in range(SHORTEST, len(plain) - SHORTEST + 1))


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
    return len(text) == size and folded(text) in _harmless()
