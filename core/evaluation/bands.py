"""Ages as bands, so that a subgroup has enough cases to say something."""

import re
from collections.abc import Mapping, Sequence

UNKNOWN = "unknown"
AGE_BANDS = ((0, 18, "0–17"), (18, 40, "18–39"), (40, 55, "40–54"), (55, 70, "55–69"), (70, 150, "70 and older"))
"""From (years) up to below (years), and the band's name."""

_AGE = re.compile(r"\s*(\d{1,3}(?:\.\d+)?)\s*([YMWDymwd]?)\s*")
_IS_AGE = re.compile(r"(^|[ _.-])[Aa]ge$|PatientAge$")
_YEARS = {"y": 1.0, "m": 1 / 12, "w": 7 / 365.25, "d": 1 / 365.25, "": 1.0}


def banded(facts: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The same facts, with bands for ages: those named "age", "patient age", "patient_age" or "PatientAge"."""
    return {
        name: [age_band(value) for value in values] if _IS_AGE.search(name) else list(values)
        for name, values in facts.items()
    }


def age_band(age: str) -> str:
    """The band of "57", "057Y", "018M", "006W" or "003D" (DICOM PS3.5, AS); whatever is no age is "unknown"."""
    found = _AGE.fullmatch(age)
    if found is None:
        return UNKNOWN
    years = float(found[1]) * _YEARS[found[2].lower()]
    return next((name for start, end, name in AGE_BANDS if start <= years < end), UNKNOWN)
