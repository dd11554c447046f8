"""Read dates as people write them: of any order, with months by number or name, with Japanese eras."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date

ERAS = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}
LETTERS = dict(zip("MTSHR", ERAS.values(), strict=True))
MONTHS = ("jan", "feb", "mar mär mrz", "apr", "may mai", "jun", "jul", "aug", "sep", "oct okt", "nov", "dec dez")
MONTH = {word: number for number, words in enumerate(MONTHS, start=1) for word in words.split()}
SIGN = r"[-./_ ]"
FORMS = (
    rf"(?P<y>(?:18|19|20|21|22)\d\d)(?P<s>{SIGN})(?P<m>\d\d?)(?P=s)(?P<d>\d\d?)",
    rf"(?P<a>\d\d?)(?P<s>{SIGN})(?P<b>\d\d?)(?P=s)(?P<y>(?:18|19|20|21|22)\d\d)",
    r"(?P<y>(?:18|19|20|21|22)\d\d)(?P<m>\d\d)(?P<d>\d\d)",
    r"(?P<a>\d\d)(?P<b>\d\d)(?P<y>(?:18|19|20)\d\d)",
    r"(?P<y>(?:18|19|20)\d\d)\s?[年년]\s?(?P<m>\d\d?)\s?[月월]\s?(?P<d>\d\d?)\s?[日일]?",
    r"(?P<e>明治|大正|昭和|平成|令和)\s?(?P<n>\d\d?|元)\s?年\s?(?P<m>\d\d?)\s?月\s?(?P<d>\d\d?)\s?日?",
    r"(?P<e>[MTSHR])(?P<n>\d\d?)[./](?P<m>\d\d?)[./](?P<d>\d\d?)",
    rf"(?P<d>\d\d?){SIGN}{{0,2}}(?P<w>[^\W\d_]{{3,9}}){SIGN}{{0,2}}(?P<y>(?:18|19|20|21|22)\d\d)",
)
SHORT_FORMS = (  # of two digits for the year: only where something else speaks for a date
    rf"(?P<a>\d\d?)(?P<s>{SIGN})(?P<b>\d\d?)(?P=s)(?P<y>\d\d)",
    r"(?P<y>\d\d)(?P<m>\d\d)(?P<d>\d\d)",
    r"(?P<a>\d\d)(?P<b>\d\d)(?P<y>\d\d)",
)
PATTERNS, SHORT_PATTERNS = (
    tuple(re.compile(rf"(?<!\d){form}(?!\d)") for form in forms) for forms in (FORMS, SHORT_FORMS)
)
HAS_YEAR = re.compile(r"(?:18|19|20|21|22)\d\d|年|[MTSHR]\d\d?[./]\d")


def find_dates(text: str, *, short: bool = False) -> Iterator[tuple[int, int, date]]:
    """Yield the place of each date in a text; with `short` also those with two digits for the year.

    >>> [str(day) for *_, day in find_dates("Mueller_17.3.1961 19610317 S36.3.17")]
    ['1961-03-17', '1961-03-17', '1961-03-17']
    """
    for pattern in (PATTERNS if HAS_YEAR.search(text) else ()) + (SHORT_PATTERNS if short else ()):
        for match in pattern.finditer(text):
            day = _date(match.groupdict())
            if day is not None:
                yield match.start(), match.end(), day


def read_date(cell: str) -> date | None:
    """Return the date that a cell is, maybe with a time; None for anything else.

    >>> read_date("1961-03-17 00:00:00"), read_date("61"), read_date("1.2.840")
    (datetime.date(1961, 3, 17), None, None)
    """
    cell = re.sub(r"[T ]\d\d?:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$", "", cell.strip())
    fitting = (
        day for start, end, day in find_dates(cell, short="." in cell or "/" in cell) if end - start == len(cell)
    )
    return next(fitting, None)


def _date(parts: dict[str, str]) -> date | None:
    year = _year(parts)
    if "w" in parts:
        pairs = [(MONTH.get(parts["w"].lower()[:3], 0), int(parts["d"]))]
    elif "a" in parts:  # the day first, as in most countries, else the month
        first, second = int(parts["a"]), int(parts["b"])
        pairs = [(second, first), (first, second)]
    else:
        pairs = [(int(parts["m"]), int(parts["d"]))]
    for month, day in pairs:
        with suppress(ValueError):
            return date(year, month, day)
    return None


def _year(parts: dict[str, str]) -> int:
    if "e" in parts:
        return {**ERAS, **LETTERS}[parts["e"]] + (1 if parts["n"] == "元" else int(parts["n"]))
    year = int(parts["y"])
    return year if year > 99 else year + (2000 if year <= date.today().year % 100 else 1900)
