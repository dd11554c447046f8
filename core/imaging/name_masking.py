"""Find a person's names, numbers and birth date in file names and texts: any script, order, spelling or joining.

What is found is replaced by a mask. A search that is too eager would mask views and sides, so short names count only
where they stand alone.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import permutations

MARKS = "[\u0300-\u036f]*"  # accents, after their letter in Unicode's decomposed form
E = f"(?:e{MARKS})?"
BETWEEN = r"[\W_]{0,3}"  # between the parts of a name
BEGIN = r"(?:(?<![^\W\d_])|(?<=[a-z])(?-i:(?=[A-Z])))"  # of a word, or of a part that a capital begins
LONG, SHORT, IDEOGRAMS = 4, 2, 2  # letters that count anywhere, only where they stand alone, and of East Asian scripts
HARMLESS = frozenset("ap pa ll lat rl la ct mr us dx cr mg nm xa pt ok no id im rt lt cc mlo sag cor ax".split())  # noqa: SIM905
# Spellings of one letter: how it is written where its own form is not at hand.
SPELLINGS = {
    **{f"{vowel}\u0308": f"{vowel}{MARKS}{E}" for vowel in "aou"},
    **{f"{vowel}e": f"{vowel}{MARKS}{E}" for vowel in "u"},
    "ae": f"(?:a{MARKS}{E}|æ)",
    "oe": f"(?:o{MARKS}{E}|ø|œ)",
    "æ": f"(?:a{MARKS}{E}|æ)",
    "ø": f"(?:o{MARKS}{E}|ø)",
    "œ": f"(?:o{MARKS}{E}|œ)",
    "a\u030a": f"a{MARKS}a?",
    "aa": f"a{MARKS}a?",
    "ss": "(?:ss|ß)",
    "ł": "[łl]",
    "đ": "[đd]",
    "ð": "[ðd]",
    "ı": f"[ıi]{MARKS}",
    "i": f"[ıi]{MARKS}",
    "þ": "(?:þ|th)",
}
MONTHS = ["jan", "feb", "m[aä]r", "apr", "ma[iy]", "jun", "jul", "aug", "sep", "o[ck]t", "nov", "de[cz]"]
COARSE = str.maketrans({"ø": "o", "æ": "a", "œ": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "þ": "th", "e": None})
COARSE_ASCII = {ord(one): one.lower() if one.isalnum() and one not in "eE" else None for one in map(chr, range(128))}


def plain(text: str) -> str:
    """Return a text in Unicode's decomposed compatible form (NFKD): full-width letters become plain ones."""
    return text if text.isascii() else unicodedata.normalize("NFKD", text)


def coarse(text: str) -> str:
    """Return what all spellings of a name have in common: no accents, no signs, no e, no letter twice."""
    if text.isascii():
        letters = text.translate(COARSE_ASCII)
    else:
        letters = re.sub("[\u0300-\u036f]|[\\W_]", "", plain(text).casefold().translate(COARSE))
    return re.sub(r"(.)\1+", r"\1", letters)


@dataclass(frozen=True, slots=True)
class Traces:
    """What of a person some texts may have: a hundred times faster to ask than patterns, which take milliseconds."""

    joined: str
    words: frozenset[str]
    digits: tuple[str, ...]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Traces":
        """Return those of texts."""
        together = plain("\n".join(texts))
        words = frozenset(map(coarse, re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+", together)))
        return cls(coarse(together), words, tuple(re.findall(r"\d+(?:[\W_]*[^\W\d_]{0,9}[\W_]*\d+)*", together)))

    def may_name(self, anywhere: Iterable[str], alone: frozenset[str], birth_date: str) -> bool:
        """Return whether one of them may name a person; `birth_date` are its digits."""
        if any(part in self.joined for part in anywhere) or not self.words.isdisjoint(alone):
            return True
        year = birth_date[2:4]
        return bool(year) and any(year in digits and sum(map(str.isdigit, digits)) > 3 for digits in self.digits)


def traces_of(texts: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the coarse parts of a person's names and numbers: those that count anywhere, and those of whole words."""
    anywhere, alone = set[str](), set[str]()
    for text in texts:
        parts = [part for part in re.split(r"[\W_]+", plain(text)) if part]
        for part in parts:
            (alone if part.isascii() and len(part) < LONG else anywhere).add(coarse(part))
        pairs = permutations(parts, 2) if len(parts) < 6 else ()
        anywhere |= {coarse(first + second) for first, second in pairs if min(len(first), len(second)) < LONG}
    return frozenset(anywhere - {""}), frozenset(alone - {""})


def name_patterns(person_name: str) -> Iterator[str]:
    """Yield patterns of a person's name (PS3.5 6.2.1): its parts, and its parts joined in any order."""
    for group in re.split("[=\\\\]", person_name):
        names = "^".join(plain(group).casefold().split("^")[:3])  # without prefix and suffix, such as Dr
        parts = [part for part in re.split(r"[\^,;\s]+", names) if part.strip(".")]
        for several in permutations(parts, 2) if len(parts) < 6 else ():
            if sum(map(len, several)) >= SHORT + 1 or not "".join(several).isascii():
                start = BEGIN if len(several[0]) < LONG and several[0].isascii() else ""
                yield start + BETWEEN.join(map(spelt, several))
        for part in parts:
            yield from _alone(part)
            for piece in re.split(r"[-.'’]+", part):
                yield from _alone(piece) if piece != part else ()


def number_patterns(number: str) -> Iterator[str]:
    """Yield patterns of a patient's number: as it is, with other signs between its parts, and long digits alone."""
    for text in (number.strip(), *re.split(r"[\^=\s]+", number.strip())):
        parts = [part for part in re.split(r"[\W_]+", plain(text)) if part]
        if sum(map(len, parts)) > SHORT:
            yield r"[\W_]?".join(map(re.escape, parts)) if len(parts) > 1 else re.escape(plain(text))
        yield from (re.escape(digits) for digits in re.findall(r"\d{5,}", text))


def date_patterns(birth_date: str) -> Iterator[str]:
    """Yield patterns of a date: year first or last, of two digits where it stands alone, months by number or name."""
    digits = re.sub(r"\D", "", birth_date)
    if len(digits) != 8 or not 1 <= int(digits[4:6]) <= 12:
        return
    year, month, day = digits[:4], digits[4:6], digits[6:]
    loose_month, loose_day, sign = f"0?{int(month)}", f"0?{int(day)}", r"[-._/\s年월月]{1,2}"
    yield from (f"{year}{month}{day}", f"{day}{month}{year}", f"{month}{day}{year}")
    yield f"{year}{sign}{loose_month}{sign}{loose_day}(?!\\d)[日일]?"
    for first, second in ((loose_day, loose_month), (loose_month, loose_day)):
        yield f"(?<!\\d){first}{sign}{second}{sign}(?:{year}|{year[2:]}(?!\\d))"
    yield f"(?<!\\d)(?:{year[2:]}{month}{day}|{day}{month}{year[2:]})(?!\\d)"
    named = f"{MONTHS[int(month) - 1]}[^\\W\\d_]*"
    yield f"(?<!\\d){loose_day}[\\W_]*{named}[\\W_]*{year}|{named}[\\W_]*{loose_day}[\\W_]+{year}"


def spelt(name: str) -> str:
    """Return a pattern of all spellings of a (plain, case-folded) name."""
    letters = re.findall("|".join(map(re.escape, SPELLINGS)) + "|.", _lone_letters(name))
    return "['’]?".join(map(_letter, letters))


def _lone_letters(name: str) -> str:
    """Return the name without accents that have no spelling of their own."""
    return re.sub("(?<![aou])\u0308|(?<!a)\u030a|[\u0300-\u0307\u0309\u030b-\u036f]", "", name)


def _letter(letter: str) -> str:
    if letter in SPELLINGS:
        return SPELLINGS[letter]
    return f"{re.escape(letter)}{MARKS}" if letter.isalpha() else r"[\W_]?"  # a hyphen, an apostrophe


def _alone(part: str) -> Iterator[str]:
    """Yield the pattern of one part of a name."""
    letters = [letter for letter in part if letter.isalpha()]
    if any(letter >= "\u1100" for letter in letters):  # East Asian scripts: two signs are a name
        if len(unicodedata.normalize("NFC", part)) >= IDEOGRAMS:
            yield spelt(part)
    elif len(letters) >= LONG:
        yield spelt(part)
    elif len(letters) >= SHORT and part not in HARMLESS:
        yield f"{BEGIN}(?:{spelt(part)})(?:(?![^\\W\\d_])|(?-i:(?=[A-Z])))"


def mask(text: str, patterns: Iterable[str], mark: str) -> str:
    """Return the text with all that matches replaced by the mark, the first patterns first; without any, the text."""
    joined = "|".join(f"(?:{one})" for one in dict.fromkeys(patterns))
    if not joined:
        return text
    masked = re.sub(joined, mark, plain(text), flags=re.IGNORECASE)
    return text if masked == plain(text) else unicodedata.normalize("NFC", masked)
