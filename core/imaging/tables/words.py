"""Read cells: words for a missing value, numbers, and one spelling of equal words."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable

# The words that pandas reads as missing (`pandas.read_csv`, na_values).
PANDAS = "#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan|null"
ERRORS = "#REF!|#VALUE!|#NUM!|#DIV/0!|#NAME?|#NULL!|#GETTING_DATA"  # of a formula in a spreadsheet
MISSING = frozenset({"", "NAN", "Nan", "NaT", "<NA>", *PANDAS.split("|"), *ERRORS.split("|")})
UNSEEN = "\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"  # soft hyphens, marks of width and of direction
INVISIBLE, AROUND = re.compile(f"[{UNSEEN}]"), re.compile(rf"\A[\s{UNSEEN}]+|[\s{UNSEEN}]+\Z")
# Labels that say that nothing was found, in the languages of the tables we know.
NEGATIVE = frozenset(
    """
    normal negative neg no none healthy benign absent false 0 control clear unremarkable unauffällig gesund negativ nein
    normale sain négatif sano negativo 正常 阴性 陰性 정상 음성 なし 異常なし
    """.split()  # noqa: SIM905
)
NO = ("no ", "not ", "non ", "without ", "kein ", "keine ", "ohne ", "无", "無")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
WHOLE = re.compile(r"[+-]?\d+\.0+")


def clean(cell: str) -> str:
    """Return a cell without blanks and unseen marks around it, in Unicode's composed form (NFC).

    A no-break space is a blank.
    """
    if cell.isascii():
        return cell.strip()
    return unicodedata.normalize("NFC", AROUND.sub("", cell.replace("\N{NO-BREAK SPACE}", " ")))


def is_missing(cell: str) -> bool:
    """Return whether a cleaned cell says that there is no value.

    >>> [is_missing(word) for word in ("", "NA", "none", "0")]
    [True, True, False, False]
    """
    return cell in MISSING


def number(cell: str) -> float | None:
    """Return the number in a cell, None if it is none.

    >>> number("1.5"), number("1e3"), number("1,5"), number("nan")
    (1.5, 1000.0, None, None)
    """
    return float(cell) if NUMBER.fullmatch(cell) else None


def plain_number(cell: str) -> str | None:
    """Return a number as text without a sign, zeros or an exponent that it does not need, None if it is none.

    >>> plain_number("+061.50"), plain_number("2.0"), plain_number("1e3"), plain_number("x")
    ('61.5', '2', '1000', None)
    """
    value = number(cell)
    if value is None:
        return None
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def is_negative(label: str) -> bool:
    """Return whether a label says that nothing was found.

    >>> [is_negative(label) for label in ("Normal", "no finding", "abnormal", "无异常")]
    [True, True, False, True]
    """
    word = spelling(label)
    return word in NEGATIVE or word.startswith(NO)


def one_spelling(words: Iterable[str], known: Collection[str] = ()) -> dict[str, str]:
    """Return by word the one to use: among equal words a known one, else the most frequent, else not one of capitals.

    In whatever order the words come, the same ones are used.

    >>> one_spelling(["Normal", "normal", "normal", "ill"])
    {'Normal': 'normal', 'normal': 'normal', 'ill': 'ill'}
    """
    counted = Counter(word for word in words if word)
    by_spelling: dict[str, list[str]] = {}
    for word in sorted(counted, key=lambda word: (-counted[word], word.isupper(), word)):
        by_spelling.setdefault(spelling(word), []).append(word)
    named = {spelling(word): word for word in known}
    chosen = {form: named.get(form, alike[0]) for form, alike in by_spelling.items()}
    return {word: word if word in known else chosen[spelling(word)] for word in counted}


def spelling(cell: str) -> str:
    """Return what equal words have in common: width, case, blanks and unseen marks do not count, nor does .0.

    >>> spelling("Normal ") == spelling("NORMAL"), spelling("0.0") == spelling("0")
    (True, True)
    """
    wide = unicodedata.normalize("NFKC", INVISIBLE.sub("", cell))
    plain = " ".join(wide.casefold().split())
    return plain.split(".")[0] if WHOLE.fullmatch(plain) else plain


def fact_name(title: str) -> str:
    """Return the name under which the catalogue keeps a column."""
    return title.strip().lower().replace(" ", "_")
