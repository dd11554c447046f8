"""Facts that divide cases into subgroups: few values each; ages and other numbers in bands."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

LEAST, MOST = 2, 20  # values
BANDS = 4  # of a number that is no age
UNKNOWN = "unknown"
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_AGE = re.compile(r"0*(\d{1,3})\s*[Yy]?")


def divided(facts: Mapping[str, Sequence[str]], *, also_not: Sequence[str] = ()) -> dict[str, list[str]]:
    """The facts of 2 to 20 values, of age in decades and of other numbers in quarters; no fact that names the label.

    `also_not` are the classes' names and titles: a fact that only says those is the label itself.
    """
    answers = {*also_not, UNKNOWN, ""}
    found = {name: _banded(name, values) for name, values in facts.items() if not answers >= set(values)}
    return {name: values for name, values in found.items() if LEAST <= len(set(values)) <= MOST}


def _banded(name: str, values: Sequence[str]) -> list[str]:
    if "age" in re.split(r"[^a-z]+", name.lower()):
        ages = [_AGE.fullmatch(one.strip()) for one in values]
        return [f"{int(one[1]) // 10 * 10}–{int(one[1]) // 10 * 10 + 9}" if one else UNKNOWN for one in ages]
    if len(set(values)) <= MOST:
        return list(values)
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
