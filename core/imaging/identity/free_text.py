"""Mask what identifies a person within free text: dates, telephone numbers, e-mail addresses."""

import re

from core.imaging.identity.column_values import EMAIL

WORDS = 3  # a text of so many words is free text; a date or a number alone is a value
DATE = re.compile(
    r"(?<!\d)(?:\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{4}年\d{1,2}月\d{1,2}日)(?!\d)"
)
PHONE = re.compile(r"(?<![\w.])(?:\+\d{1,3}|0)[\d ()/-]{7,18}\d(?![\w.])")


def mask_free_text(text: str, mark: str) -> str:
    """Return a text of several words with dates, telephone numbers and e-mail addresses masked.

    >>> mask_free_text("cough, born 01.03.1950, call 0171 555120 or a@b.org", "…")
    'cough, born …, call … or …'
    >>> mask_free_text("01.03.1950", "…"), mask_free_text("T1 post contrast 3.5 mm", "…")
    ('01.03.1950', 'T1 post contrast 3.5 mm')
    """
    if len(text.split()) < WORDS:
        return text
    for pattern in (EMAIL, DATE, PHONE):
        text = pattern.sub(mark, text)
    return text
