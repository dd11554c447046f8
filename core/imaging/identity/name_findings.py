"""Find in names of files and folders what looks like a person or a date of birth and no header explains.

No list has all names of persons, so a word counts unless it is a known harmless one, a number, a code or a hash.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise

from core.imaging.deidentify import MASK
from core.imaging.identity.check_digits import kind_of_number
from core.imaging.identity.dates import find_dates
from core.imaging.identity.file_codes import codes_in, without_hashes
from core.imaging.identity.harmless_words import (
    EAST_ASIAN,
    SIGNS,
    is_ambiguous,
    is_given_name,
    is_harmless,
    unknown_signs,
)
from core.imaging.identity.name_handling import NameHandling

DIGITAL = 2000  # a date before it is no date of a digital image
LETTERS = re.compile("[A-Za-z]+")
# Vowels that are written as marks, which Python counts as no letters: Hebrew to Khmer.
VOWELS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0eff\u0f00-\u109f\u1780-\u17ff"
WORD = re.compile(rf"[{SIGNS}]+|(?![{SIGNS}])[^\W\d_](?:(?![{SIGNS}])[^\W\d_]|(?!\d)[{VOWELS}])*")
PIECE = re.compile("A+(?!a)|A?a+")  # of a word whose capitals are written A, and all else a
NUMBER = re.compile(r"(?<![^\W_])[A-Za-z]?\d[\dA-Za-z]*(?:[.-]\d[\dA-Za-z]*)*(?![^\W_])")
HAS_NUMBER = re.compile(
    r"(?:18|19|20)\d\d(?=\d{4}|[-./_ ]\d)|(?:\d{4}|\d[-./_ ]|[A-Za-z]{3}[-./_ ]{0,2})(?:18|19|20)\d\d(?!\d)"
    r"|[MTSHR]\d\d?[./]\d"
    r"|(?<!\d)(?:[A-Za-z]\d{9}|\d{8}[A-Za-z]|\d{13}|\d{15}|\d{17}[\dXx]|\d{6}-\d{7}|756\.\d)(?!\d)"
)
NEAR = 3  # signs between two parts of a name
Span = tuple[int, int]


def find(name: str) -> list[Span]:
    """Return where parts of a path look like a person or a date, in a text in Unicode's composed form.

    >>> [name[start:end] for name in ["ward 3/Mueller_Anna_19610317_pa.png"] for start, end in find(name)]
    ['Mueller', 'Anna', '19610317']
    """
    if name.isascii() and not HAS_NUMBER.search(name) and all(map(is_harmless, LETTERS.findall(without_hashes(name)))):
        return []  # most names: many times faster
    start, spans = 0, list[Span]()
    for component in name.split("/"):
        spans += [(start + first, start + last) for first, last in _in_component(component)]
        start += len(component) + 1
    return spans


def hide(name: str, replacement: Callable[[str], str]) -> str:
    """Return a name with what looks like a person or a date replaced; without any, the name as it is."""
    composed = unicodedata.normalize("NFC", name)
    spans = find(composed)
    for start, end in reversed(spans):
        composed = composed[:start] + replacement(composed[start:end]) + composed[end:]
    return composed if spans else name


def stored_name(name: str, handling: NameHandling, key: bytes) -> str:
    """Return a name as the catalogue stores it: what looks like a person keyed, cut, or left as it is."""
    if handling == "keyed":
        return keyed(name, key)
    return masked(name) if handling == "cut" else name


def masked(name: str) -> str:
    """Return a name with each finding replaced by the mask."""
    return hide(name, lambda _: MASK)


def keyed(name: str, key: bytes) -> str:
    """Return a name with each finding replaced by a code that only this home's key makes; equal words, equal codes."""
    return hide(name, partial(_code, key))


def _code(key: bytes, word: str) -> str:
    """Return a letter and a digit, four times: no letters stand together that could be read as a name."""
    plain = unicodedata.normalize("NFKC", word).casefold().encode()
    number = int.from_bytes(hmac.new(key, b"word:" + plain, hashlib.sha256).digest()[:8])
    pairs = (divmod(number // 260**at % 260, 10) for at in range(4))
    return "".join(f"{chr(97 + letter)}{digit}" for letter, digit in pairs)


def _in_component(text: str) -> list[Span]:
    """Return the spans in one part of a path, in order, none over another."""
    codes = codes_in(text)
    words = [span for span in _words(text) if not _touches(span, codes)]
    names = [span for span in words if not _is_harmless_at(text, span)]
    names = _with_neighbours(text, names or _pairs(text, words), words)
    numbers = [match.span() for match in NUMBER.finditer(text) if kind_of_number(match[0])]
    dates = [(start, end) for start, end, day in find_dates(text, short=bool(names)) if names or day.year < DIGITAL]
    spans = list[Span]()
    for span in (*numbers, *sorted(dates, key=lambda span: span[0] - span[1]), *names):
        if not _touches(span, spans if span in numbers else spans + codes):
            spans.append(span)
    return sorted(spans)


def _is_harmless_at(text: str, span: Span) -> bool:
    """Return whether a word of a text names nobody, or does so only beside a name."""
    word = text[slice(*span)]
    return is_harmless(word) or is_ambiguous(word)


def _words(text: str) -> Iterator[Span]:
    """Yield the words of a text: runs of letters, else their parts where a capital or another script begins."""
    for match in WORD.finditer(text):
        start, word = match.start(), match[0]
        if EAST_ASIAN.search(word):
            yield from ((start + first, start + last) for first, last in unknown_signs(word))
        elif is_harmless(word) or is_ambiguous(word):
            yield match.span()
        else:
            yield from _pieces(word, start)


def _pieces(word: str, start: int) -> Iterator[Span]:
    pieces = [piece.span() for piece in PIECE.finditer("".join("A" if sign.isupper() else "a" for sign in word))]
    if any(is_harmless(word[first:last]) for first, last in pieces if last - first > 2):
        yield from ((start + first, start + last) for first, last in pieces)
    else:
        yield start, start + len(word)


def _with_neighbours(text: str, names: list[Span], words: list[Span]) -> list[Span]:
    """Return the names with the words beside them that may be names too: Anna Brown, O'Brien."""

    def is_near(span: Span) -> bool:
        gap = min((max(span[0] - end, start - span[1]) for start, end in names), default=NEAR + 1)
        before_apostrophe = any(start == span[1] + 1 and text[span[1]] in "'’" for start, _ in names)
        return before_apostrophe or (gap <= NEAR and is_ambiguous(text[slice(*span)]))

    return names + [span for span in words if span not in names and is_near(span)]


def _pairs(text: str, words: list[Span]) -> list[Span]:
    """Return neighbours that are both words and names, one of them a given name: Max Brown."""
    for first, second in pairwise(words):
        pair = text[slice(*first)], text[slice(*second)]
        if second[0] - first[1] <= NEAR and all(map(is_ambiguous, pair)) and sum(map(is_given_name, pair)) == 1:
            return [first, second]
    return []


def _touches(span: Span, others: list[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)
