"""The values of a link that are names or numbers of a short list, the same in every home."""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl

from core.curation.recipe import BALANCES
from core.explain import EXPLAINERS
from dashboard.links.problem import quoted
from dashboard.url_state import CaseState, ListState, State

SPLITS = ("train", "val", "test")
ONLY = ("unlabelled", "labelled", "all")
LEVELS = ("image", "max", "mean", "noisy_or")
SCALES = ("plain", "temperature", "isotonic")
RULES = ("sensitivity", "specificity", "threshold")
CHANGES = ("fixed", "broken", "both_wrong", "further", "nearer")

Check = Callable[[State], str]


def named(noun: str, names: tuple[str, ...], field: str) -> Check:
    """Return the check of a field that is one of some names."""

    def check(state: State) -> str:
        text = getattr(state, field)
        return "" if text in names else f"There is no {noun} {quoted(text)}; the choices are {', '.join(names)}."

    return check


def within(field: str, low: float, high: float, unset: float = 0) -> Check:
    """Return the check of a number in a range; `unset` stands for no value."""

    def check(state: State) -> str:
        value = getattr(state, field)
        if value == unset or low <= value <= high:
            return ""
        return f"In this link {field} is {value}, but it must be from {low:g} to {high:g}."

    return check


def pairs(field: str, example: str, between: str = "") -> Check:
    """Return the check of names and values such as site=north&sex=F; each value has the text `between`."""

    def check(state: State) -> str:
        text = getattr(state, field)
        try:
            values = [value for _, value in parse_qsl(text, keep_blank_values=True, strict_parsing=True)]
        except ValueError:
            return _unreadable(field, text, example)
        return "" if all(between in value for value in values) else _unreadable(field, text, example)

    return check


def _unreadable(field: str, text: str, example: str) -> str:
    return f"In this link {field} is {quoted(text)}, which cannot be read; it must be like {example}."


def _split(state: State) -> str:
    """Check the split; a case may be listed among those of all splits."""
    return named("split", (*SPLITS, "all") if isinstance(state, CaseState) else SPLITS, "split")(state)


def _span(state: State) -> str:
    """Check a range of scores such as 0.2:0.4."""
    text = state.span if isinstance(state, ListState) else ""
    try:
        low, high = map(float, text.split(":")) if text else (0.0, 1.0)
    except ValueError:
        return _unreadable("span", text, "0.2:0.4")
    return "" if low <= high else f"The range of scores {quoted(text)} of this link ends before it begins."


def _rule(state: State) -> str:
    """Check the rule for both runs of a comparison, such as sensitivity:0.95."""
    text = str(getattr(state, "rule", ""))
    kind, _, value = text.partition(":")
    if not text or (kind in RULES and re.fullmatch(r"0(\.\d+)?|1(\.0+)?", value)):
        return ""
    return _unreadable("rule", text, "sensitivity:0.95")


def _methods(state: State) -> str:
    unknown = [name for name in str(getattr(state, "method", "")).split(",") if name not in ("", "none", *EXPLAINERS)]
    return f"There is no saliency method {quoted(unknown[0])}." if unknown else ""


CHOICES: dict[str, Check] = {
    "split": _split,
    "only": named("filter of cases", ONLY, "only"),
    "level": named("unit of analysis", LEVELS, "level"),
    "scale": named("score calibration", SCALES, "scale"),
    "change": named("list of changed cases", CHANGES, "change"),
    "kind": named("kind of list", ("series",), "kind"),
    "balance": named("balancing", BALANCES, "balance"),
    "val": within("val", 0, 40),
    "test": within("test", 0, 40),
    "seed": within("seed", 0, 10_000),
    "excluded": within("excluded", 0, 1),
    "beside": within("beside", 0, 1),
    "at": within("at", 0, 1, unset=-1),
    "prevalence": within("prevalence", 0, 1, unset=-1),
    "after": within("after", 0, 10**18),
    "span": _span,
    "rule": _rule,
    "facts": pairs("facts", "site=north&sex=F"),
    "group": pairs("group", "site=north&sex=F"),
    "ranges": pairs("ranges", "age=60..70", between=".."),
    "method": _methods,
}
