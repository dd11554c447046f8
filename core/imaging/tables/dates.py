"""Read dates: as ISO 8601, with the year first, or with the day or the month first as the column tells."""

import re
from collections.abc import Iterable
from datetime import date

YEAR_FIRST = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[T ].*)?")
YEAR_LAST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})(?:[T ,].*)?")
DAY_FIRST, MONTH_FIRST = "dmy", "mdy"
ORDERS = {DAY_FIRST: "day first", MONTH_FIRST: "month first"}


def iso_date(cell: str, order: str = DAY_FIRST) -> str | None:
    """Return a date as ISO 8601, None if the cell is no date.

    >>> iso_date("03.04.2020"), iso_date("03/04/2020", "mdy"), iso_date("20200403"), iso_date("12")
    ('2020-04-03', '2020-03-04', '2020-04-03', None)
    """
    if match := YEAR_FIRST.fullmatch(cell):
        year, month, day = map(int, match.groups())
    elif match := YEAR_LAST.fullmatch(cell):
        day, month, year = map(int, match.groups())
        day, month = (month, day) if order == MONTH_FIRST else (day, month)
    else:
        return None
    try:
        return date(year, month, day).isoformat() if 1800 <= year < 2200 else None
    except ValueError:
        return None


def date_order(cells: Iterable[str]) -> tuple[str, bool]:
    """Return whether the day or the month stands first, and whether the cells leave no doubt.

    A point between the numbers is written where the day stands first.
    """
    dated = [(cell, match) for cell in cells if (match := YEAR_LAST.fullmatch(cell))]
    if any(int(match[1]) > 12 for _, match in dated):
        return DAY_FIRST, True
    if any(int(match[2]) > 12 for _, match in dated):
        return MONTH_FIRST, True
    is_clear = all("." in cell or match[1] == match[2] for cell, match in dated)
    return DAY_FIRST, is_clear
