"""Binning of ages, image sizes and other numbers, and the choice of metadata columns that define subgroups."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

UNKNOWN = "unknown"
MIXED = "several in one patient"
"""The value of a patient whose cases differ in a column; never the value of a single case."""

AGE_BANDS = ((0, 18, "0–17"), (18, 40, "18–39"), (40, 55, "40–54"), (55, 70, "55–69"), (70, 150, "70 and older"))
"""Start (inclusive) and end (exclusive) in years, and the name of the band."""

MOST_SIZES, SIZE_BANDS = 12, 4
"""Above the first number of distinct sizes, they are grouped into this many bands of about equal case counts."""

LEAST, MOST = 2, 20
"""Fewest and most values of a column that defines subgroups."""

NUMBER_BANDS = 4
"""Number of bands, of about equal case counts, for a number that is neither an age nor a size."""

_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_SIZE = re.compile(r"(\d+)×(\d+)")
_AGE = re.compile(r"\s*(\d{1,3}(?:\.\d+)?)\s*([YMWDymwd]?)\s*")
_IS_AGE = re.compile(r"(patients?|subject|participant)?age(in)?(years?|yrs?|y)?")
_YEARS = {"y": 1.0, "m": 1 / 12, "w": 7 / 365.25, "d": 1 / 365.25, "": 1.0}


def bin_metadata(facts: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the same columns with ages in bands, recognised by `is_age`, and sizes in bands.

    A column of many sizes such as 2048×2500 is binned by its longer side; those bands hold for these cases only.
    """
    return {
        name: [age_bin(value) for value in values] if is_age(name) else size_bands(values)
        for name, values in facts.items()
    }


def is_age(name: str) -> bool:
    """Return whether a column of that name is an age in years, such as "age", "Age (years)" or "PatientAge".

    Case, spaces and punctuation are ignored. An age in months, or a bone age, has another name and is not one.

    >>> is_age('patient age'), is_age('image')
    (True, False)
    """
    return _IS_AGE.fullmatch(re.sub(r"[\W_]+", "", name.lower())) is not None


def size_bands(values: Sequence[str]) -> list[str]:
    """Return bands of the longer side where all known values are sizes and there are many.

    Else the values unchanged.
    """
    matches = {value: _SIZE.fullmatch(value) for value in set(values) if value != UNKNOWN}
    sides = {value: max(int(one[1]), int(one[2])) for value, one in matches.items() if one is not None}
    if len(sides) <= MOST_SIZES or len(sides) < len(matches):
        return list(values)
    known = [sides[value] for value in values if value in sides]
    edges = np.unique(np.quantile(known, np.arange(SIZE_BANDS) / SIZE_BANDS, method="higher")).astype(int).tolist()
    ends = [*(edge - 1 for edge in edges[1:]), max(known)]
    names = [
        f"longer side {low}–{high}" if low < high else f"longer side {low}"
        for low, high in zip(edges, ends, strict=True)
    ]
    position = np.searchsorted(edges, [sides.get(value, 0) for value in values], side="right") - 1
    return [names[place] if value in sides else UNKNOWN for value, place in zip(values, position.tolist(), strict=True)]


def age_bin(age: str) -> str:
    """Return the band of "57", "057Y", "018M", "006W" or "003D" (DICOM PS3.5, AS); "unknown" for anything else.

    >>> age_bin('47')
    '40–54'
    """
    match = _AGE.fullmatch(age)
    if match is None:
        return UNKNOWN
    years = float(match[1]) * _YEARS[match[2].lower()]
    return next((name for start, end, name in AGE_BANDS if start <= years < end), UNKNOWN)


def subgroup_facts(facts: Mapping[str, Sequence[str]], *, also_not: Sequence[str] = ()) -> dict[str, list[str]]:
    """Return the columns that define subgroups: those with 2 to 20 values, after binning numbers.

    `also_not` are the names and titles of the classes: a column with only these values is the label itself.
    """
    binned = {name: _few_values(name, values) for name, values in facts.items()}
    return {name: values for name, values in binned.items() if not _why_not(facts[name], values, also_not)}


def excluded_facts(facts: Mapping[str, Sequence[str]], *, also_not: Sequence[str] = ()) -> dict[str, str]:
    """Return the other columns, each with the reason why it does not define subgroups."""
    reasons = {name: _why_not(values, _few_values(name, values), also_not) for name, values in facts.items()}
    return {name: reason for name, reason in reasons.items() if reason}


def _why_not(plain: Sequence[str], values: Sequence[str], also_not: Sequence[str]) -> str:
    distinct = set(values)
    if len(distinct) < LEAST:
        return f"every case has the same ({next(iter(values), UNKNOWN)})"
    if {*also_not, UNKNOWN, ""} >= set(plain):
        return "it only repeats the classes"
    return f"it has {len(distinct):,} values, more than {MOST}" if len(distinct) > MOST else ""


def _few_values(name: str, values: Sequence[str]) -> list[str]:
    if is_age(name):
        return [age_bin(value) for value in values]
    return _number_bands(size_bands(values)) if len(set(values)) > MOST else list(values)


def _number_bands(values: Sequence[str]) -> list[str]:
    """Return bands of the numbers where at least half of the values are numbers, else the values unchanged."""
    numbers = [float(one.replace(",", ".")) if _NUMBER.fullmatch(one.strip()) else None for one in values]
    known = [one for one in numbers if one is not None]
    if len(known) < 0.5 * len(numbers):
        return list(values)
    edges = np.unique(np.quantile(known, np.linspace(0, 1, NUMBER_BANDS + 1)))
    return [UNKNOWN if one is None else _number_band(one, edges.tolist()) for one in numbers]


def _number_band(value: float, edges: list[float]) -> str:
    upper = min(max(1, int(np.searchsorted(edges, value, side="right"))), len(edges) - 1)
    return f"{edges[upper - 1]:g} to {edges[upper]:g}"
