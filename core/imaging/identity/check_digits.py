"""Know the numbers of persons that health insurances and states give: by their check digit, or by their form."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date

CHINESE = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
KOREAN = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
SPANISH = "TRWAGMYFPDXBNJZSQVHLCKE"


def _is_date(text: str) -> bool:
    with suppress(ValueError):
        return bool(date(int(text[:-4]), int(text[-4:-2]), int(text[-2:])))
    return False


def _german(text: str) -> bool:
    """Check a Krankenversichertennummer: the letter counts as two digits, weights 1 and 2, sums of digits modulo 10."""
    digits = f"{ord(text[0]) - 64:02}{text[1:9]}"
    return sum(sum(divmod(int(digit) * (1 + at % 2), 10)) for at, digit in enumerate(digits)) % 10 == int(text[9])


def _german_pension(text: str) -> bool:
    """Check a Sozialversicherungsnummer by the date of birth in it."""
    return _is_date(f"19{text[6:8]}{text[4:6]}{text[2:4]}")


def _chinese(text: str) -> bool:
    """Check a resident identity number (GB 11643: ISO 7064, MOD 11-2), which has the date of birth in it."""
    left = sum(int(digit) * weight for digit, weight in zip(text, CHINESE, strict=False)) % 11
    return _is_date(text[6:14]) and "10X98765432"[left] == text[17]


def _spanish(text: str) -> bool:
    """Check a DNI or NIE: the letter is the number modulo 23."""
    return SPANISH[int(text[:-1].translate(str.maketrans("XYZ", "012"))) % 23] == text[-1]


def _french(text: str) -> bool:
    """Check a NIR: the key is 97 less the number modulo 97; Corsica's letters count as 19 and 18."""
    number = text[:13].replace("2A", "19").replace("2B", "18")
    return 97 - int(number) % 97 == int(text[13:])


def _korean(text: str) -> bool:
    """Check the date of birth in a resident registration number; since 2020 it has no check digit."""
    return _is_date(f"{'20' if text[6] in '3478' else '19'}{text[:6]}")


def _swiss(text: str) -> bool:
    """Check an AHV number: an EAN-13."""
    return sum(int(digit) * (1 + 2 * (at % 2)) for at, digit in enumerate(text)) % 10 == 0


def _italian(text: str) -> bool:
    return text[8] in "ABCDEHLMPRST"


def _british(text: str) -> bool:
    """Check an NHS number: weights 10 to 2, modulo 11."""
    left = 11 - sum(int(digit) * (10 - at) for at, digit in enumerate(text[:9])) % 11
    return left % 11 == int(text[9]) and left != 10


NUMBERS: Mapping[str, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    "German insured numbers": (re.compile(r"[A-Z]\d{9}"), _german),
    "German pension numbers": (re.compile(r"\d{8}[A-Z]\d{3}"), _german_pension),
    "Chinese identity numbers": (re.compile(r"\d{17}[\dX]"), _chinese),
    "Spanish identity numbers": (re.compile(r"[XYZ\d]\d{7}[A-Z]"), _spanish),
    "French insured numbers": (re.compile(r"[12]\d{4}(?:\d{2}|2[AB])\d{8}"), _french),
    "Korean resident numbers": (re.compile(r"\d{6}[1-8]\d{6}"), _korean),
    "Swiss insured numbers": (re.compile(r"756\d{10}"), _swiss),
    "Italian tax codes": (re.compile(r"[A-Z]{6}\d\d[A-Z]\d\d[A-Z]\d{3}[A-Z]"), _italian),
}
WEAK: Mapping[str, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    "British NHS numbers": (re.compile(r"\d{10}"), _british),
    "American social security numbers": (re.compile(r"(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}"), lambda _: True),
}
"""Numbers that a number of another kind is by chance: only where many in a column fit."""


def kind_of_number(text: str, kinds: Mapping[str, tuple[re.Pattern[str], Callable[[str], bool]]] = NUMBERS) -> str:
    """Return which number of a person a text is, "" if none.

    >>> kind_of_number("A123456780"), kind_of_number("11010519491231002X"), kind_of_number("ISIC_0024306")
    ('German insured numbers', 'Chinese identity numbers', '')
    """
    plain = re.sub(r"[\s.-]", "", text).upper()
    return next((kind for kind, (form, check) in kinds.items() if form.fullmatch(plain) and check(plain)), "")
