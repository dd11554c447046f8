"""Know by its values what a column of a table says of a person: numbers, dates of birth, addresses, free text."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from itertools import islice

from core.imaging.identity.check_digits import WEAK, kind_of_number
from core.imaging.identity.dates import read_date
from core.imaging.identity.harmless_words import EAST_ASIAN, is_ambiguous, is_harmless
from core.imaging.identity.name_findings import find

FREE_TEXT, FILE_NAMES = "nearly every row is different text", "file names that may name a person"
SAMPLE, BEGINNING = 2000, 200  # values, and letters of each, that are looked at
MOST, NEARLY_ALL = 0.6, 0.9
DIGITAL, BIRTHS = 1995, 1990  # no digital image is older; the median year of births lies before
SPREAD = 25  # years between the first and the last tenth of dates of birth
LONGEST_NAME = 9  # signs of a name in an East Asian script
FEW = 8  # values that differ by chance
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
PHONE = re.compile(
    r"(?:\+|00)\d{1,3}[ ./()-]?(?:[()]?\d[ ./()-]{0,2}){6,13}|\(?0\d{1,5}\)?[ /-]+(?:\d[ -]?){4,9}\d"
    r"|1[3-9]\d{9}|01\d-?\d{3,4}-?\d{4}|\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4}"
)
ADDRESS = re.compile(
    r"(?i)[\w ](?:str\.?|straße|strasse|gasse|weg|platz|allee|ring|damm|ufer)\s*\d+"
    r"|\w(?:straat|laan|gade|gatan|vej)\s*\d+"
    r"|\d+\s+(?:[\w.]+\s){1,3}(?:st|street|ave|avenue|rd|road|ln|lane|dr|drive|blvd|way|court|ct|square)\b"
    r"|\d+,?\s+(?:bis\s+)?(?:rue|avenue|av\.|boulevard|bd|place|chemin|all[ée]e|impasse|quai)\b"
    r"|(?:calle|c/|avda\.?|avenida|plaza|paseo|via|viale|piazza|rua)\s+[^\d]{3,}\d+|[路街道巷弄]\d+[号號]|[区县區市]\w*[路街道村镇]"
    r"|[都道府県].*[市区町村]|\d+丁目|[시도구군]\s*\S+[동로길]\s*\d+|\b\d{4,5}\s+[A-ZÄÖÜ][a-zäöüß]{2,}"
)
PICTURE = re.compile(r"(?i)\.(?:png|jpe?g|dcm|tiff?|nii|nii\.gz|bmp|mha|nrrd)$")


def reason_of_values(values: Sequence[str]) -> str | None:
    """Return what the values of a column say of a person, None if nothing."""
    sample = list(islice(dict.fromkeys(value[:BEGINNING] for value in values if value), SAMPLE))
    if not sample:
        return None
    tests: tuple[tuple[str, Callable[[Sequence[str]], bool]], ...] = (
        ("e-mail addresses", _mostly(EMAIL.fullmatch, MOST)),
        ("insured or identity numbers, by their form and check digit", _are_numbers),
        ("dates of birth", _are_births),
        ("phone numbers", _mostly(PHONE.fullmatch, NEARLY_ALL)),
        ("postal addresses", _mostly(ADDRESS.search, MOST)),
        (FILE_NAMES, _name_persons),
        ("what looks like names of persons", _are_names),
    )
    reason = next((reason for reason, test in tests if test(sample)), None)
    return reason or (FREE_TEXT if _is_free_text(sample, values) else None)


def _mostly(test: Callable[[str], object], share: float) -> Callable[[Sequence[str]], bool]:
    return lambda sample: sum(bool(test(value)) for value in sample) >= share * len(sample)


def _are_numbers(sample: Sequence[str]) -> bool:
    by_chance = [{kind: form} for kind, form in WEAK.items()] if len(sample) >= FEW else []
    return _mostly(kind_of_number, NEARLY_ALL)(sample) or any(
        _mostly(partial(kind_of_number, kinds=kinds), 1)(sample) for kinds in by_chance
    )


def _are_births(sample: Sequence[str]) -> bool:
    """Return whether dates lie decades before digital images, or are spread as births are; not those of studies."""
    days = sorted(day for value in sample if (day := read_date(value)))
    if len(days) < NEARLY_ALL * len(sample) or days[-1] > date.today():
        return False
    early, middle, late = (days[int(share * (len(days) - 1))].year for share in (0.1, 0.5, 0.9))
    return days[-1].year < DIGITAL or (middle < BIRTHS and late - early >= SPREAD)


def _name_persons(sample: Sequence[str]) -> bool:
    return _mostly(PICTURE.search, MOST)(sample) and _mostly(find, MOST)(sample)


def _are_names(sample: Sequence[str]) -> bool:
    return len(sample) >= FEW and _mostly(_is_name, MOST)(sample)


def _is_name(value: str) -> bool:
    """Return whether a value has the form of a name: two to four words that begin large, or a few East Asian signs."""
    words = [word for word in re.split(r"[\s,^.]+", value) if word]
    if EAST_ASIAN.search(value):
        return len(value) <= LONGEST_NAME and len(words) <= 2 and bool(find(value)) and not re.search(r"\d", value)
    form = 2 <= len(words) <= 4 and all(word[0].isupper() or not word.isascii() for word in words)
    known = sum(is_harmless(word) or is_ambiguous(word) for word in words)
    return form and re.sub(r"['’-]", "", "".join(words)).isalpha() and known * 2 < len(words)


def _is_free_text(sample: Sequence[str], values: Sequence[str]) -> bool:
    """Return whether nearly every row is different text: not a number, a code or the name of a file."""
    rows = sum(map(bool, values[:SAMPLE]))
    letters = {re.sub(r"[\W\d_]+", "", PICTURE.sub("", value)) for value in sample if _is_text(value)}
    return rows >= 2 * FEW and len(letters) >= NEARLY_ALL * rows


def _is_text(value: str) -> bool:
    return sum(map(str.isalpha, value)) >= 0.6 * len(value) and not re.fullmatch(r"[0-9a-fA-F-]{16,}", value)
