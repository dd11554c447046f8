"""Facts that divide cases into subgroups: few values each; ages, sizes and other numbers in bands."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from core.evaluation.bands import UNKNOWN, is_age, size_bands

LEAST, MOST = 2, 20  # values
BANDS = 4  # of a number that is no age
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_AGE = re.compile(r"0*(\d{1,3})\s*[Yy]?")


def divided(facts: Mapping[str, Sequence[str]], *, also_not: Sequence[str] = ()) -> dict[str, list[str]]:
    """The facts of 2 to 20 values: of age in decades, of many sizes in bands, of other numbers in quarters.

    `also_not` are the classes' names and titles: a fact that only says those is the label itself.
    """
    found = {name: _banded(name, values) for name, values in facts.items()}
    return {name: values for name, values in found.items() if not _why_not(facts[name], values, also_not)}


def left_out(facts: Mapping[str, Sequence[str]], *, also_not: Sequence[str] = ()) -> dict[str, str]:
    """The other facts, each with the reason why it does not divide."""
    found = {name: _why_not(values, _banded(name, values), also_not) for name, values in facts.items()}
    return {name: why for name, why in found.items() if why}


def _why_not(plain: Sequence[str], values: Sequence[str], also_not: Sequence[str]) -> str:
    every = set(values)
    if len(every) < LEAST:
        return f"every case has the same ({next(iter(values), UNKNOWN)})"
    if {*also_not, UNKNOWN, ""} >= set(plain):
        return "it only says the classes"
    return f"it has {len(every):,} values, more than {MOST}" if len(every) > MOST else ""


def _banded(name: str, values: Sequence[str]) -> list[str]:
    if is_age(name):
        ages = [_AGE.fullmatch(one.strip()) for one in values]
        return [f"{int(one[1]) // 10 * 10}–{int(one[1]) // 10 * 10 + 9}" if one else UNKNOWN for one in ages]
    if len(set(values)) <= MOST:
        return list(values)
    values = size_bands(values)
    numbers = [float(one.replace(",", ".")) if _NUMBER.fullmatch(one.strip()) else None for one in values]
    known = [one for one in numbers if one is not None]
    if len(known) < 0.5 * len(numbers):
        return list(values)
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BANDS + 1)))
    return [UNKNOWN if one is None else _band(one, edges.tolist()) for one in numbers]


def _band(value: float, edges: list[float]) -> str:
    at = min(max(1, int(np.searchsorted(edges, value, side="right"))), len(edges) - 1)
    return f"{edges[at - 1]:g} to {edges[at]:g}"


def counted(values: Sequence[str]) -> dict[str, int]:
    """Cases by value, most first."""
    return dict(Counter(values).most_common())
