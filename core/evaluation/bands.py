"""Ages and many image sizes as bands, so that a subgroup has enough cases to say something."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

UNKNOWN = "unknown"
SEVERAL = "several in one patient"
"""What a patient has whose cases differ in a fact: words that no file says of one case."""

AGE_BANDS = ((0, 18, "0–17"), (18, 40, "18–39"), (40, 55, "40–54"), (55, 70, "55–69"), (70, 150, "70 and older"))
"""From (years) up to below (years), and the band's name."""

MOST_SIZES, SIZE_BANDS = 12, 4
"""With more sizes than the first number, they are this many bands with about as many cases each."""

_SIZE = re.compile(r"(\d+)×(\d+)")
_AGE = re.compile(r"\s*(\d{1,3}(?:\.\d+)?)\s*([YMWDymwd]?)\s*")
_IS_AGE = re.compile(r"(patients?|subject|participant)?age(in)?(years?|yrs?|y)?")
_YEARS = {"y": 1.0, "m": 1 / 12, "w": 7 / 365.25, "d": 1 / 365.25, "": 1.0}


def banded(facts: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The same facts, with bands for ages, which `is_age` knows by name.

    A fact of many sizes such as 2048×2500 gets bands of the longer side, which hold for these cases only.
    """
    return {
        name: [age_band(value) for value in values] if is_age(name) else size_bands(values)
        for name, values in facts.items()
    }


def is_age(name: str) -> bool:
    """Whether a fact of that name is an age in years: "age", "age_years", "Age (years)", "patient_age", "PatientAge".

    Capitals, spaces and punctuation do not count. An age in months, or of a bone, has another name and is none.
    """
    return _IS_AGE.fullmatch(re.sub(r"[\W_]+", "", name.lower())) is not None


def size_bands(values: Sequence[str]) -> list[str]:
    """Bands of the longer side where all known values are sizes, and there are many; else the values as they are."""
    found = {value: _SIZE.fullmatch(value) for value in set(values) if value != UNKNOWN}
    sides = {value: max(int(one[1]), int(one[2])) for value, one in found.items() if one is not None}
    if len(sides) <= MOST_SIZES or len(sides) < len(found):
        return list(values)
    known = [sides[value] for value in values if value in sides]
    edges = np.unique(np.quantile(known, np.arange(SIZE_BANDS) / SIZE_BANDS, method="higher")).astype(int).tolist()
    ends = [*(edge - 1 for edge in edges[1:]), max(known)]
    names = [
        f"longer side {low}–{high}" if low < high else f"longer side {low}"
        for low, high in zip(edges, ends, strict=True)
    ]
    at = np.searchsorted(edges, [sides.get(value, 0) for value in values], side="right") - 1
    return [names[place] if value in sides else UNKNOWN for value, place in zip(values, at.tolist(), strict=True)]


def age_band(age: str) -> str:
    """The band of "57", "057Y", "018M", "006W" or "003D" (DICOM PS3.5, AS); whatever is no age is "unknown"."""
    found = _AGE.fullmatch(age)
    if found is None:
        return UNKNOWN
    years = float(found[1]) * _YEARS[found[2].lower()]
    return next((name for start, end, name in AGE_BANDS if start <= years < end), UNKNOWN)
